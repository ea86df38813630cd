import { testOn } from "./foreign.ts";

testOn("bun", ["--no-install"]);
