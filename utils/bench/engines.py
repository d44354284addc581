# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
"""Other engines that run WASI modules: the rows of compiler/Engines.def, and which of them are
installed here."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

here = Path(__file__).resolve().parent
rows = here.parent.parent / "compiler/Engines.def"


@dataclass
class Engine:
    """A row. The templates are explained there."""

    name: str
    compiler: str
    compile: str
    program: str
    run: str
    folder: str
    variable: str

    def is_found(self):
        return all(shutil.which(tool) for tool in (self.compiler, self.program) if tool)

    def compile_command(self, module, code):
        """What makes \\p code of \\p module; None: nothing has to be made."""
        if not self.compiler:
            return None
        return [self.compiler, *fill(self.compile, module=module, code=code)]

    def run_command(self, module, code, arguments=()):
        return [self.program, *fill(self.run, module=module, code=code, options=[],
                                    args=arguments, script=here.parent.parent / "compiler/node.mjs")]


def fill(template, **values):
    """The words of a template; a word that is one placeholder may become none or many."""
    words = []
    for word in template.split():
        value = values.get(word[1:-1]) if word.startswith("{") and word.endswith("}") else None
        if value is None:
            words.append(word)
        elif isinstance(value, (list, tuple)):
            words += map(str, value)
        else:
            words.append(str(value))
    return words


def known():
    """Every engine of the file, in its order."""
    return [Engine(*re.findall(r'"([^"]*)"', line)) for line in rows.read_text().splitlines()
            if line.startswith("ENGINE(")]


def found():
    return [engine for engine in known() if engine.is_found()]
