import { formatGoDuration } from "../../encoding/duration.ts";
import type { Int64 } from "../../encoding/json-types.ts";
import type { ServiceLatency } from "../../jwt/exports.ts";
import type { Prompts } from "../output/prompts.ts";
import { durationProblem, resultsProblem } from "./problems.ts";
import { samplingProblem, samplingText } from "./sampling.ts";

/** How the latency of a service is tracked, as it is typed. */
export interface LatencyAnswer {
  readonly sampling: string;
  readonly latency: string;
}

/** Asks how the latency of a service is tracked; nothing where it is not to be. */
export async function askLatency(
  prompts: Prompts,
  present: Partial<ServiceLatency> = {},
): Promise<LatencyAnswer | undefined> {
  const { sampling, results } = present;
  if (!(await prompts.confirm("track service latency", results !== undefined))) return undefined;
  return {
    sampling: await prompts.text("sampling percentage [1-100] or `header`", {
      ...(sampling === undefined ? {} : { initial: samplingText(sampling) }),
      check: samplingProblem,
    }),
    latency: await prompts.text("latency metrics subject", {
      ...(results === undefined ? {} : { initial: results }),
      check: resultsProblem,
    }),
  };
}

/** Asks how a service answers. */
export async function askResponseType(prompts: Prompts, present = "Singleton"): Promise<string> {
  const choices = ["Singleton", "Stream", "Chunked"].map((value) => ({ label: value, value }));
  return await prompts.select("service response type", choices, present);
}

/** Asks for how long a service's responses are accepted; as a Go duration. */
export async function askThreshold(prompts: Prompts, present: Int64 = 0): Promise<string> {
  return await prompts.text("response threshold (0 disabled)", {
    initial: formatGoDuration(BigInt(present)),
    check: durationProblem,
  });
}
