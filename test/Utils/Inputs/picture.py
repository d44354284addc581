# Draws three programs and two engines, one of which could not run one of them.

import pathlib
import sys
import xml.dom.minidom

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1] + "/utils/bench")
import picture

rows = [("sort", {"moat": 1.02, "wasm <2c>": 1.31}), ("hash", {"moat": 0.87}),
        ("mean", {"moat": 0.94})]
picture.write(pathlib.Path(sys.argv[2]), "moat & others", "a machine", ["moat", "wasm <2c>"], rows)
xml.dom.minidom.parse(sys.argv[2])
