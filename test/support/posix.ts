import { describe } from "vitest";
import { lacks } from "./skips.ts";

/** Whether this system has file modes, user ids, links, pipes and signals as POSIX has them. */
export const isPosix: boolean = process.platform !== "win32";

/** Whether it has not, for `skipIf`; one loud line says so. */
export const lacksPosix: boolean = lacks(isPosix, "file modes, user ids, links, pipes or signals: Windows has none");

/** `describe` for tests that need such a system. */
export const describeOnPosix: ReturnType<typeof describe.skipIf> = describe.skipIf(lacksPosix);
