/**
 * `NSC_FUZZ_RUNS` says how many cases each property tries, where the property itself does not say it (`npm run test:long`).
 * In CI the cases are the same for every run, so that one commit has one verdict.
 */
const runs = process.env["NSC_FUZZ_RUNS"];
const fixed = runs === undefined && process.env["CI"] === "true";

// fast-check takes longer to load than most test files take to run.
if (runs !== undefined || fixed) {
  const { configureGlobal } = await import("fast-check");
  configureGlobal({ ...(runs && { numRuns: Number(runs) }), ...(fixed && { seed: 20 }) });
}
