import {
  type AccountClaims,
  type AccountServerOptions,
  type AnsweredRequest,
  accountServer,
  type Operator,
  type PostedAccount,
} from "nsc.js";
import { expectTypeOf, test } from "vitest";

declare const operator: Operator;

test("an account server is a function from requests to responses", () => {
  expectTypeOf(accountServer).parameters.toEqualTypeOf<
    [operator: Operator, options?: AccountServerOptions | undefined]
  >();
  expectTypeOf(accountServer).returns.toEqualTypeOf<(request: Request) => Promise<Response>>();
  expectTypeOf<PostedAccount>().toEqualTypeOf<{
    readonly publicKey: string;
    readonly token: string;
    readonly claims: AccountClaims;
  }>();
  expectTypeOf<AnsweredRequest["status"]>().toEqualTypeOf<number>();
  accountServer(operator, {
    accept: ({ claims }, request) => claims.sub !== "" && request.headers.has("authorization"),
  });
  accountServer(operator, { accept: async () => true, onStored: async () => undefined, onAnswer: () => undefined });
  // @ts-expect-error who may is not said once for all
  accountServer(operator, { accept: true });
  // @ts-expect-error a misspelt option
  accountServer(operator, { base: "/jwt/v1" });
});
