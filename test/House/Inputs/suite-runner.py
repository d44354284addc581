"""Fails if the suite's runner refers to more of the runtime than its public headers declare."""
import re
import subprocess
import sys

nm, build, include = sys.argv[1:]
declared = set(re.findall(r"\bmoat_\w+(?=\()", open(f"{include}/moat/moat.h").read()))


def undefined(file):
    listing = subprocess.run([nm, "-P", "-u", f"{build}/test/Spec/CMakeFiles/{file}.o"],
                             capture_output=True, text=True, check=True)
    return {line.split()[0] for line in listing.stdout.splitlines() if line}


def check(file, allowed):
    symbols = undefined(file)
    private = {s for s in symbols if "4moat2rt" in s or (s.startswith("moat_") and s not in allowed)}
    if not any(s in allowed for s in symbols):
        sys.exit(f"{file} refers to nothing of the runtime: is this the right file?")
    if private:
        sys.exit(f"{file} refers to " + " ".join(sorted(private)))


# The instance model: moat.h (and moat/Compiler.h, for compiling). In the process model the driver
# that is linked into each executable has the trap hook alone.
check("moat-spec.dir/InstanceModel.cpp", declared)
check("moatSpecDriver.dir/Driver.cpp",
      {"moat_protect", "moat_spec_actions", "moat_spec_action_count"})
