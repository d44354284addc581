#!/usr/bin/env python3
# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
"""sockets.py KIND PROGRAM ARGUMENTS...

Starts serve.c's program and talks to it. KIND: `tcp` (it says its port on standard
error), `unix=PATH`, `listening=N` and `connected=N` (a socket handed in as descriptor N).
Prints the answers, then what the program printed, then its exit code."""

import os
import re
import socket
import subprocess
import sys

kind, program = sys.argv[1], sys.argv[2:]
name, _, value = kind.partition("=")
handed = connection = None
if name == "listening":
    handed = socket.create_server(("127.0.0.1", 0))
elif name == "connected":
    handed, connection = socket.socketpair()


def hand():
    os.dup2(handed.fileno(), int(value), inheritable=True)


process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           close_fds=False, preexec_fn=hand if handed else None)
family = socket.AF_INET
if name == "tcp":
    said = process.stderr.readline()
    port = re.match(r"moat: listening at port (\d+) for (.*):0$", said)
    if not port:
        sys.exit(said)
    address = (port[2].strip("[]"), int(port[1]))
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
elif name == "unix":
    address, family = value, socket.AF_UNIX
elif name == "listening":
    address = handed.getsockname()
printed = ""
if not connection:
    while "ready" not in printed:
        line = process.stdout.readline()
        if not line:
            break
        printed += line
    connection = socket.socket(family)
    connection.connect(address)
for word in ("one", "two"):
    connection.sendall(word.encode())
    print("answer:", connection.recv(64).decode())
connection.shutdown(socket.SHUT_WR)
print("end:", connection.recv(64).decode())
out, err = process.communicate(timeout=60)
print(printed + out + err + f"exit code {process.returncode}")
