# Prints the commands of the engines that utils/bench/engines.py finds in PATH.

import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1] + "/utils/bench")
import engines

for engine in engines.found():
    compiled = engine.compile_command("m.wasm", "m.code")
    commands = [compiled] if compiled else []
    commands.append(engine.run_command("m.wasm", "m.code", ["x", "y"]))
    print(f"{engine.name}: {'; '.join(' '.join(map(str, command)) for command in commands)}")
