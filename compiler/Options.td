// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The options of `moat`, one row each: what --help shows and the driver reads. Long options
// have two dashes; those with a value take it as --name=VALUE or as the next argument.

include "llvm/Option/OptParser.td"

class F<string name> : Flag<["--"], name>;
class S<string name> : Flag<["-"], name>;
class Eq<string name, string metavar> : Joined<["--"], name # "=">, MetaVarName<metavar>;
multiclass Value<string name, string metavar, string help, OptionGroup group> {
  def NAME : Eq<name, metavar>, HelpText<help>, Group<group>;
  def NAME#_separate : Separate<["--"], name>, Alias<!cast<Option>(NAME)>, Group<group>;
}

def outputGroup : OptionGroup<"output">, HelpText<"what to make">;
def codeGroup : OptionGroup<"code">, HelpText<"how to compile">;
def capabilityGroup : OptionGroup<"capabilities">,
    HelpText<"what the program may use (baked in, or of this run)">;
def otherGroup : OptionGroup<"other">, HelpText<"other">;

// What to make.
def o : JoinedOrSeparate<["-"], "o">, MetaVarName<"FILE">, Group<outputGroup>,
    HelpText<"Write to FILE; - is standard output (text and wasm only)">;
def o_long : Eq<"output", "FILE">, Alias<o>, Group<outputGroup>;
def c : S<"c">, Group<outputGroup>, HelpText<"Stop at an object: --emit=obj">;
def S : S<"S">, Group<outputGroup>, HelpText<"Stop at assembly: --emit=asm">;
defm emit : Value<"emit", "KIND",
    "wasm, llvm, llvm-opt, asm, obj, exe (default), shared, archive or node", outputGroup>;
defm name : Value<"name", "NAME",
    "What C calls a library (shared, archive): NAME_export, NAME.h", outputGroup>;
defm header : Value<"header", "FILE",
    "Where a library's C header goes (default: NAME.h beside it)", outputGroup>;
def s : S<"s">, Group<outputGroup>,
    HelpText<"Leave out the symbol table; backtraces keep their names">;
def strip : F<"strip">, Alias<s>, Group<outputGroup>;
def export_all : F<"export-all">, Group<outputGroup>,
    HelpText<"Make a C entry (moat_export_NAME) for every export">;

// How to compile.
def O : Joined<["-"], "O">, MetaVarName<"LEVEL">, Group<codeGroup>,
    HelpText<"0, 1, 2 (default), 3 or s">;
defm target : Value<"target", "TRIPLE", "The processor and system to compile for", codeGroup>;
defm mcpu : Value<"mcpu", "CPU[,BETTER...]",
    "LLVM's name of a processor, or native (default: x86-64-v2); loops are compiled for better "
    "ones as well, and chosen at start, if it pays", codeGroup>;
defm mattr : Value<"mattr", "LIST", "Features of the processor: +avx2,-bmi", codeGroup>;
defm bounds : Value<"bounds", "HOW",
    "How accesses out of bounds are found: guard (default) or checked", codeGroup>;
def strict_traps : F<"strict-traps">, Group<codeGroup>,
    HelpText<"Every load and store happens and traps exactly as written">;
def strict_float : F<"strict-float">, Group<codeGroup>,
    HelpText<"NaNs stay exactly as specified whatever is folded">;
defm relaxed_simd : Value<"relaxed-simd", "HOW",
    "Relaxed vector instructions: fast (default), as the processor has them, or deterministic",
    codeGroup>;
defm feature : Value<"feature", "LIST",
    "Turn features of WebAssembly on or off: +simd,-bulk-memory", codeGroup>;
defm provide_bench : Value<"provide-bench", "HOW",
    "Provide the imports bench.start and bench.end: quiet, or time (on standard error)",
    codeGroup>;
def g : S<"g">, Group<codeGroup>, HelpText<"Accepted; function names are always kept">;
def j : JoinedOrSeparate<["-"], "j">, MetaVarName<"N">, Group<codeGroup>,
    HelpText<"Use N threads (default: as many as there are processors)">;

defm invoke : Value<"invoke", "NAME",
    "Call this export with the program's arguments, and print its results", codeGroup>;

// What the program may use.
defm manifest : Value<"manifest", "FILE",
    "Read all of this from a JSON file first; the options add to it or replace it",
    capabilityGroup>;
defm dir : Value<"dir", "HOST[::GUEST][:ro]",
    "Preopen the folder HOST as GUEST; exe:HOST: relative to the program's folder, "
    "cwd:HOST or HOST: to where it is started", capabilityGroup>;
defm env : Value<"env", "NAME[=VALUE]",
    "Set a variable; without a value, take it from where the program is started",
    capabilityGroup>;
defm arg : Value<"arg", "TEXT", "Put an argument before those of the command line",
    capabilityGroup>;
defm listen : Value<"listen", "ADDRESS",
    "Hand it a socket that listens at 127.0.0.1:80, [::1]:80 or unix:PATH, or fd:N, one that it "
    "is started with", capabilityGroup>;
defm stdin : Value<"stdin", "WHAT", "Standard input: inherit (default), null or FILE",
    capabilityGroup>;
defm stdout : Value<"stdout", "WHAT",
    "Standard output: inherit (default), null, FILE (emptied first) or append:FILE",
    capabilityGroup>;
defm stderr : Value<"stderr", "WHAT", "Standard error, likewise", capabilityGroup>;
// A row of include/moat/abi/Limits.def each.
defm max_memory : Value<"max-memory", "SIZE", "At most this much linear memory",
    capabilityGroup>;
defm stack_size : Value<"stack-size", "SIZE", "The guest's stack (default: 8M)",
    capabilityGroup>;
defm max_open_files : Value<"max-open-files", "N",
    "At most N descriptors, streams and folders among them", capabilityGroup>;
defm max_bytes_written : Value<"max-bytes-written", "SIZE",
    "Write at most this much, to everything together", capabilityGroup>;
defm max_cpu_time : Value<"max-cpu-time", "TIME",
    "End after this much time of processors: 500ms, 10s, 3min, 1h", capabilityGroup>;
defm max_wall_time : Value<"max-wall-time", "TIME", "End this long after the start",
    capabilityGroup>;
defm max_heap : Value<"max-heap", "SIZE",
    "At most this much for garbage-collected objects", capabilityGroup>;
def filter_terminal : F<"filter-terminal">, Group<capabilityGroup>,
    HelpText<"Show ? for control characters that the program writes to a terminal">;
defm harden : Value<"harden", "LIST",
    "Layers of defence: all (default), none, +LAYER or -LAYER of inherited, no-new-privs, "
    "no-exec, landlock, seccomp; with objects of your own the default is no-new-privs, no-exec",
    capabilityGroup>;
def require_hardening : F<"require-hardening">, Group<capabilityGroup>,
    HelpText<"The program does not start where the kernel lacks one of them">;
def open : F<"open">, Group<capabilityGroup>,
    HelpText<"Take --wasi-... options at start although something is baked in">;

// moat inspect.
def json : F<"json">, Group<otherGroup>, HelpText<"moat inspect: print JSON">;
def licences : F<"licences">, Group<otherGroup>,
    HelpText<"moat inspect: print the notices that whoever ships the file owes">;

// Other.
defm cache_size : Value<"cache-size", "SIZE",
    "moat run: what the cache may hold (default: 1G; 0: do not use it)", otherGroup>;
defm rounds : Value<"rounds", "N", "moat bench: how often each program runs (default: 5)",
    otherGroup>;
defm resource_dir : Value<"resource-dir", "DIR", "Where the runtime is", otherGroup>;
def v : S<"v">, Group<otherGroup>, HelpText<"Show the phases, their times and the peak of memory">;
def verbose : F<"verbose">, Alias<v>, Group<otherGroup>;
def print_features : F<"print-features">, Group<otherGroup>,
    HelpText<"List the features of WebAssembly, and which are built">;
def help : F<"help">, Group<otherGroup>, HelpText<"Show this page">;
def h : S<"h">, Alias<help>, Group<otherGroup>;
def version : F<"version">, Group<otherGroup>, HelpText<"Show the versions of moat and LLVM">;
