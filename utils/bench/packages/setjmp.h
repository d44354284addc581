/* Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE. */
/* Lua's sources include this, and do not need it as they are compiled here. */
