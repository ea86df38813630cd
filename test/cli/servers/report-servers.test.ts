import type { DeletedAtServer, DeleteReport } from "nsc.js/nats";
import { expect, test } from "vitest";
import { formatReport, summarize } from "../../../src/cli/output/format-report.ts";
import { Report } from "../../../src/cli/output/report.ts";
import { reportRemoval } from "../../../src/cli/servers/report-servers.ts";

/** What servers did of one account. */
function deleted(...outcomes: readonly DeletedAtServer["outcome"][]): DeleteReport {
  const servers = outcomes.map((_, i) => ({ id: `N${i}`, name: `n${i}` }) as DeletedAtServer["server"]);
  const at = outcomes.map((outcome, i) => ({
    server: servers[i] as DeletedAtServer["server"],
    outcome,
    message: "words",
  }));
  const account = { name: "A", publicKey: "A", status: "failed", message: "", servers: at } as const;
  return { servers, unheard: [], accounts: [account], isComplete: false, assertComplete: () => undefined };
}

test.each([
  [["deleted", "failed"], "1 job failed - 1 job succeeded and 0 had warnings"],
  [["deleted", "missing", "absent"], "1 job failed - 1 job succeeded and 1 had warnings"],
  [["failed", "missing"], "all jobs failed"],
] as const)("of servers that did %j, it sums up what is so", (outcomes, error) => {
  const report = new Report();
  reportRemoval(report, deleted(...outcomes));
  expect(summarize(report)).toEqual({ error });
  expect(formatReport(report)).toContain("prune nats-server with nats account resolver:\n");
});
