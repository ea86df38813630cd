import { expectTypeOf, test } from "vitest";
import {
  type FindNatsServerOptions,
  type FoundNatsServer,
  findNatsServer,
  type NatsServerOptions,
  type RunningNatsServer,
  type ServerConfigSource,
  startNatsServer,
} from "../../src/testing/index.ts";

test("findNatsServer", () => {
  expectTypeOf(findNatsServer).parameter(0).toEqualTypeOf<FindNatsServerOptions | undefined>();
  expectTypeOf(findNatsServer).returns.resolves.toEqualTypeOf<FoundNatsServer>();
  expectTypeOf<FoundNatsServer>().toEqualTypeOf<{ readonly path: string; readonly version: string }>();
});

test("startNatsServer", () => {
  expectTypeOf(startNatsServer).parameter(0).toEqualTypeOf<NatsServerOptions | undefined>();
  expectTypeOf(startNatsServer).returns.resolves.toEqualTypeOf<RunningNatsServer>();
  expectTypeOf<RunningNatsServer>().toExtend<AsyncDisposable>();
  expectTypeOf<RunningNatsServer["monitorUrl"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf<NatsServerOptions["config"]>().toEqualTypeOf<ServerConfigSource | undefined>();
  // Time is text with a unit, never a bare number.
  expectTypeOf<NatsServerOptions["startTimeout"]>().toEqualTypeOf<string | undefined>();
});
