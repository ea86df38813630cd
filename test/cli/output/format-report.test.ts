import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatReport, summarize } from "../../../src/cli/output/format-report.ts";
import { Report } from "../../../src/cli/output/report.ts";

describe("formatReport", () => {
  test("prints what is below the report, one entry a line", () => {
    const report = new Report();
    report.ok('added account "A"');
    report.warn("careful");
    report.error("no");
    expect(formatReport(report)).toBe('[ OK ] added account "A"\n[WARN] careful\n[ERR ] no');
  });

  test("is empty for a report without entries", () => {
    expect(formatReport(new Report())).toBe("");
  });

  test("indents what is below an entry, which is as bad as the worst of that", () => {
    const report = new Report();
    const user = report.group("delete users").group("user a [U]");
    user.ok("revoked user");
    user.warn("private key is not stored");
    expect(formatReport(report)).toBe(
      [
        "[WARN] delete users:",
        "       [WARN] user a [U]:",
        "              [ OK ] revoked user",
        "              [WARN] private key is not stored",
      ].join("\n"),
    );
  });

  test("leaves an empty line for an entry that has nothing to say", () => {
    const report = new Report();
    const users = report.group("move users");
    users.group("nothing here");
    users.ok("moved");
    expect(formatReport(report)).toBe("[ OK ] move users:\n\n       [ OK ] moved");
  });

  test("a brief entry shows what is below it only where that is more than well, or a server spoke", () => {
    const report = new Report();
    report.group("push", { isBrief: true }).ok("pushed");
    report.group("push", { isBrief: true }).warn("accepted");
    const said = report.group("pull", { isBrief: true });
    said.ok("pulled");
    said.serverSaid("jwt updated\n\n  account AB  \n");
    expect(formatReport(report)).toBe(
      [
        "[ OK ] push",
        "[WARN] push:",
        "       [WARN] accepted",
        "[ OK ] pull:",
        "       [ OK ] pulled",
        "       > jwt updated",
        "       >   account AB  ",
      ].join("\n"),
    );
  });

  test("indents all lines of a label", () => {
    const report = new Report();
    report.group("group").error("first\nsecond\n\nthird");
    expect(formatReport(report)).toBe("[ERR ] group:\n       [ERR ] first\n       second\n\n       third");
  });

  test("has colours only where they are asked for, and only in what it prints itself", () => {
    const report = new Report();
    report.ok("\u001b[31mred\u001b[0m");
    report.error("x").serverSaid("\u001b]0;title\u0007");
    expect(formatReport(report)).not.toContain("\u001b");
    const colored = formatReport(report, { color: true });
    expect(colored).toContain("\u001b[32m[ OK ]\u001b[39m \\x1b[31mred");
    expect(colored).toContain("\u001b[31m[ERR ]\u001b[39m x");
    expect(colored).toContain("> \\x1b]0;title\\a");
  });
});

describe("summarize", () => {
  const summary = (wantsSummary: boolean, ...entries: ("ok" | "warn" | "error" | "group")[]) => {
    const report = new Report();
    report.wantsSummary = wantsSummary;
    for (const entry of entries) report[entry]("x");
    return summarize(report);
  };

  test.each([
    [["error"], "all jobs failed"],
    [["error", "error"], "all jobs failed"],
    [["ok", "error"], "1 job failed - 1 job succeeded and 0 had warnings"],
    [["ok", "ok", "error", "error", "warn"], "2 jobs failed - 2 jobs succeeded and 1 had warnings"],
    [["warn", "error"], "1 job failed - 0 job succeeded and 1 had warnings"],
  ] as const)("errors replace what the command says: %j", (entries, error) => {
    expect(summary(false, ...entries)).toEqual({ error });
    expect(summary(true, ...entries)).toEqual({ error });
  });

  test.each([
    [["ok"], undefined],
    [["warn"], undefined],
    [[], "all jobs succeeded"],
    [["ok", "ok"], "all jobs succeeded"],
    [["warn", "warn"], "all jobs had warnings"],
    [["ok", "warn"], "1 job succeeded - 1 have warnings"],
    [["ok", "ok", "warn"], "2 jobs succeeded - 1 have warnings"],
    [["ok", "group"], "1 job succeeded - 0 have warnings"],
  ] as const)("without errors, where it was asked for: %j", (entries, text) => {
    expect(summary(true, ...entries)).toEqual(text === undefined ? {} : { text });
    expect(summary(false, ...entries)).toEqual({});
  });

  test("counts the entries of the report and not those below them", () => {
    const report = new Report();
    const push = report.group("push");
    push.ok("a");
    push.error("b");
    expect(summarize(report)).toEqual({ error: "all jobs failed" });
  });

  test("counts the jobs where one of them failed, if the entries are headings", () => {
    const report = new Report();
    report.wantsSummary = true;
    const push = report.group("push");
    report.jobs.push(push.ok("a"), push.warn("b"));
    expect(summarize(report)).toEqual({});
    report.jobs.push(push.error("c"));
    expect(summarize(report)).toEqual({ error: "1 job failed - 1 job succeeded and 1 had warnings" });
    // What failed is none of the jobs.
    const other = new Report();
    other.jobs.push(other.ok("a"));
    other.error("b");
    expect(summarize(other)).toEqual({ error: "1 job failed - 1 job succeeded and 0 had warnings" });
  });

  test("says nothing without errors, unless asked", () => {
    const entries = fc.array(fc.constantFrom("ok", "warn", "error", "group"));
    fc.assert(
      fc.property(entries, fc.boolean(), (kinds, wants) => {
        const { text, error } = summary(wants, ...(kinds as "ok"[]));
        expect(error !== undefined).toBe(kinds.includes("error"));
        if (text !== undefined) expect(wants).toBe(true);
      }),
    );
  });
});
