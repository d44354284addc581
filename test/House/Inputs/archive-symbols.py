"""Fails if an archive member references a symbol that nobody may provide."""
import subprocess
import sys

nm, folder = sys.argv[1:]


def symbols(file, *options):
    listing = subprocess.run([nm, "-P", *options, file], capture_output=True, text=True, check=True)
    return {line.split()[0] for line in listing.stdout.splitlines()
            if line and not line.endswith(":")}


archive = f"{folder}/libmoat.a"
defined = symbols(archive, "--defined-only")
libc = symbols(f"{folder}/libc.a", "--defined-only", "--extern-only")
linker = {"__ehdr_start", "_GLOBAL_OFFSET_TABLE_", "_DYNAMIC", "__tls_get_addr"}
unknown = {name for name in symbols(archive, "--undefined-only") - defined - libc - linker
           if not name.startswith(("moat_", "__start_", "__stop_"))}
if unknown:
    sys.exit("libmoat.a references: " + " ".join(sorted(unknown)))
if any(name.startswith(("_Znw", "_Znam", "_ZSt", "__cxa_throw")) for name in defined):
    sys.exit("libmoat.a defines symbols of the C++ library")
