/**
 * Fixtures for tests against a real nats-server, for any test runner. Node only.
 *
 * @module
 */

export { type StoreCheck, storeContract } from "../store/contract.ts";
export type { StoreFixture } from "../store/contract-support.ts";
export { type FindNatsServerOptions, type FoundNatsServer, findNatsServer } from "./find-nats-server.ts";
export { type NatsServerOptions, type RunningNatsServer, startNatsServer } from "./nats-server.ts";
export type { ServerConfigSource } from "./server-config-text.ts";
export {
  type ByUser,
  type PendingTestAuthority,
  type StartedTestAuthority,
  type TestAccountDescription,
  type TestAuthority,
  type TestAuthorityDescription,
  testAuthority,
} from "./test-authority.ts";
