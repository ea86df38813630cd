import { describe } from "vitest";

/** Whether this system has file modes, user ids, links, pipes and signals as POSIX has them. */
export const isPosix: boolean = process.platform !== "win32";

/** `describe` for tests that need such a system; elsewhere they are skipped, and one loud line says so. */
export const describeOnPosix: ReturnType<typeof describe.skipIf> = describe.skipIf(!isPosix);

if (!isPosix)
  console.error("!!! TESTS THAT NEED FILE MODES, USER IDS, LINKS, PIPES OR SIGNALS ARE SKIPPED: Windows has none");
