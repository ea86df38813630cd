import { testOn } from "./foreign.ts";

// The library needs no permission; the suite reads its own files. Packages come from node_modules as npm left it.
testOn("deno", [
  "--allow-read",
  "--no-prompt",
  "--no-lock",
  "--no-config",
  "--cached-only",
  "--node-modules-dir=manual",
]);
