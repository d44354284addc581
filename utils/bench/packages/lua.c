// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: Lua's interpreter running a script: tables, strings, closures,
// numbers, and its garbage collector.

#include "lua.h"
#include "lauxlib.h"
#include "lualib.h"
#include <stdio.h>

static const char script[] =
    "local function sieve(n)\n"
    "  local flags, count = {}, 0\n"
    "  for i = 2, n do flags[i] = true end\n"
    "  for i = 2, n do\n"
    "    if flags[i] then\n"
    "      count = count + 1\n"
    "      for j = i * i, n, i do flags[j] = false end\n"
    "    end\n"
    "  end\n"
    "  return count\n"
    "end\n"
    "local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end\n"
    "local words, text = {}, {}\n"
    "for i = 1, 60000 do text[i] = string.format('w%d', i * 7919 % 5003) end\n"
    "for word in string.gmatch(table.concat(text, ' '), '%a%d+') do\n"
    "  words[word] = (words[word] or 0) + 1\n"
    "end\n"
    "local keys = {}\n"
    "for word in pairs(words) do keys[#keys + 1] = word end\n"
    "table.sort(keys)\n"
    "local sum = 0.0\n"
    "for i = 1, 1000000 do sum = sum + math.sqrt(i) / (i % 7 + 1) end\n"
    "print(sieve(600000), fib(27), #keys, keys[1], string.format('%.6f', "
    "sum))\n";

int main(void) {
  lua_State *state = luaL_newstate();
  if (!state)
    return 1;
  luaL_requiref(state, "_G", luaopen_base, 1);
  luaL_requiref(state, "table", luaopen_table, 1);
  luaL_requiref(state, "string", luaopen_string, 1);
  luaL_requiref(state, "math", luaopen_math, 1);
  lua_settop(state, 0);
  if (luaL_loadstring(state, script) != LUA_OK)
    return 1;
  lua_call(state, 0, 0);
  lua_close(state);
  return 0;
}
