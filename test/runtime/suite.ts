/**
 * What every runtime must do, as checks that know neither the runtime nor a test framework: the library and the
 * assertions are handed in. The runners beside this file start it from `dist/` on Node, Deno and Bun.
 */
import type * as Library from "../../src/index.ts";

/** The part of `node:assert/strict` that the checks use. */
export interface Assert {
  ok(value: unknown, message?: string): void;
  equal(actual: unknown, expected: unknown, message?: string): void;
  deepEqual(actual: unknown, expected: unknown, message?: string): void;
  throws(run: () => unknown, expected: object, message?: string): void;
  rejects(promise: Promise<unknown>, expected: object, message?: string): Promise<void>;
}

export interface Check {
  readonly name: string;
  run(): void | Promise<void>;
}

/** Tokens of the Go library, jwt v2.8.2: what it wrote for these claims at `issuedAt`, signed with `seed`. */
const GO_TOKENS = [
  {
    kind: "operator",
    name: "日本語",
    seed: "SOABFYR4ZVIXVWGHSELRT42NFKY7SKCF4YK26EKS3KY5NNWHTHNM4UIWOI",
    issuedAt: 1709938208,
    token:
      "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJYSVhHNkkyNVZRR043NkhCMjMyUFZGN1FMUFBWUUMyWkhGQU80UlA0UkJFQUpGQzcyVFpBIiwiaWF0IjoxNzA5OTM4MjA4LCJpc3MiOiJPQlQyUFBKN1FEQ1RMMjdJQ0hZVDVVWjZYQTRONEQ0UEo1VzdKWFBOS0NDNFRSSUJIWUpBVEtHTyIsIm5hbWUiOiLml6XmnKzoqp4iLCJzdWIiOiJPQkdHQ0ZLVVZWUFc3TVpTQjRKTDZDWFQ2UDNFNlpBQUdDWE5DTjJHUUVRNVhVMjdGRzJTU0hBTiIsIm5hdHMiOnsiYWNjb3VudF9zZXJ2ZXJfdXJsIjoiaHR0cHM6Ly9leGFtcGxlLmNvbS9pbmZvIiwidHlwZSI6Im9wZXJhdG9yIiwidmVyc2lvbiI6Mn19.B3IOW8NqRJejCZHor0JZbt-FyA66LDk0OLwqrMz8BKJFEy_OKtHFI1QTVBzvhctox1UxPZdI-Fwh793GpZ0IDQ",
  },
  {
    kind: "user",
    name: "\b\f\u0001",
    seed: "SAAHECESB5DBXGGNFWVT5DHCC7SYUP63RGYMH5ZPUJWMNIOJKXDP7TF2HA",
    issuedAt: 1738749278,
    token:
      "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiIzSk9VVlRDVUVNSVVSNlZEUE1DUlhTREJGVkNUQUZOVFlGUU9YREpCVUlIMkJBUEsyUklRIiwiaWF0IjoxNzM4NzQ5Mjc4LCJpc3MiOiJBQ0VBWUE3VlBINVlQVDVMQ09NSklaQTRHUkhRNkRBQU1DVTRQM0hNQ1RUQUZMVjdUNzJFNllSWiIsIm5hbWUiOiJcYlxmXHUwMDAxIiwic3ViIjoiVUIyVTJVVFkyVk82WDJOTlZISldHUzJNTkJPN1dDWlBOMjNaWTY1NUZQVVpHT04zRUJSTUM2VDQiLCJuYXRzIjp7InB1YiI6e30sInN1YiI6eyJkZW55IjpbIl9JTkJPWC5iYXoiXX0sInRpbWVzX2xvY2F0aW9uIjoiVVRDIiwiZGF0YSI6MTAsInBheWxvYWQiOi0xLCJ0eXBlIjoidXNlciIsInZlcnNpb24iOjJ9fQ.o18lvYE4k2sPXcSnu6K1FPC1GjsPCOQT7yZwCPyEb_cMKXHFyyq-TPeyo8kx-OTt8JujtXH6FKZQF1SpgkSaBg",
  },
] as const;

/** The checks, over one copy of the library. */
export function runSuite(lib: typeof Library, assert: Assert): readonly Check[] {
  const { createKeyPair, decode, encode, formatCreds, isNscError, keyPairFromSeed, parseCreds } = lib;
  const bytes = new TextEncoder().encode("what is signed");
  const text = (encoded: Uint8Array): string => new TextDecoder().decode(encoded);

  const userCreds = async (): Promise<{ token: string; seed: string }> => {
    const [account, user] = [createKeyPair("account"), createKeyPair("user")];
    const claims = decode(GO_TOKENS[1].token, { kind: "user" });
    const token = await encode({ ...claims, sub: user.publicKey, name: "creds" }, account);
    return { token, seed: text(user.getSeed()) };
  };

  return [
    ...(["operator", "account", "user", "server", "cluster"] as const).map((kind) => ({
      name: `makes a key pair of kind ${kind} that signs and verifies`,
      run: () => {
        const pair = createKeyPair(kind);
        assert.equal(pair.getPublicKey(), pair.publicKey);
        assert.ok(pair.verify(bytes, pair.sign(bytes)));
        assert.equal(keyPairFromSeed(pair.getSeed()).publicKey, pair.publicKey);
        assert.equal(keyPairFromSeed(text(pair.getSeed())).publicKey, pair.publicKey);
      },
    })),
    {
      name: "makes curve key pairs that open what the other sealed",
      run: () => {
        const [ours, theirs] = [createKeyPair("curve"), createKeyPair("curve")];
        const sealed = ours.seal(bytes, theirs.publicKey);
        assert.deepEqual(theirs.open(sealed, ours.publicKey), bytes);
      },
    },
    {
      name: "keeps a trust tree, issues creds by it, and says why a token is refused",
      run: async () => {
        const nsc = new lib.Nsc();
        const operator = await nsc.addOperator("O", { signingKey: true, systemAccount: true });
        const account = await nsc.transaction(async (tx) => {
          const added = await (await tx.operator("O")).addAccount("A", { signingKey: true });
          await added.addRole("web", { pub: ["in.{{name()}}"] });
          return added;
        });
        const issued = await account.issueUser("u", { role: "web", expires: "1h" });
        assert.equal(parseCreds(issued.creds()).token, issued.token);
        assert.ok((await lib.explain(issued.token, operator)).accepted);
        await assert.rejects(account.issueUser("*", { role: "web", expires: "1h" }), { code: "ERR_ROLE_TEMPLATE" });
        const user = await account.addUser("v");
        await user.delete();
        assert.equal((await lib.explain(user.token, operator)).decision.rule, "REVOCATION");
        const config = await lib.serverConfig(operator, { resolver: { type: "memory" } });
        assert.equal(Object.keys(config.resolver_preload ?? {}).length, 2);
      },
    },
    {
      name: "makes another key pair each time",
      run: () => {
        const publicKeys = [createKeyPair("user"), createKeyPair("user")].map((pair) => pair.publicKey);
        assert.equal(new Set(publicKeys).size, 2);
      },
    },
    ...GO_TOKENS.map(({ kind, name, seed, issuedAt, token }) => ({
      name: `reads a Go token of kind ${kind}, and writes the same bytes`,
      run: async () => {
        const claims = decode(token, { kind });
        assert.equal(claims.name, name);
        assert.equal(claims.iss, keyPairFromSeed(seed).publicKey);
        assert.equal(await encode(claims, keyPairFromSeed(seed), { issuedAt }), token);
      },
    })),
    {
      name: "formats creds and parses them again",
      run: async () => {
        const { token, seed } = await userCreds();
        const creds = parseCreds(formatCreds(token, seed));
        assert.equal(creds.token, token);
        assert.equal(creds.seed, seed);
      },
    },
    {
      name: "throws coded errors without secrets",
      run: async () => {
        const { seed, token } = GO_TOKENS[0];
        const typo = seed.replace("7SKC", "7SKD");
        const isCoded = (pattern: RegExp) => (error: unknown) =>
          isNscError(error) && pattern.test(error.code) && !`${error.stack}`.includes(typo);
        assert.throws(() => decode("not a token"), isCoded(/^ERR_JWT_FORMAT$/));
        assert.throws(() => decode(`${token.slice(0, -8)}AAAAAAAA`), isCoded(/^ERR_JWT_SIGNATURE$/));
        assert.throws(() => keyPairFromSeed(typo), isCoded(/^ERR_NKEY_CHECKSUM$/));
        assert.throws(() => parseCreds(typo), isCoded(/^ERR_CREDS_/));
        const claims = decode(token, { kind: "operator" });
        await assert.rejects(encode(claims, createKeyPair("user")), isCoded(/^ERR_SIGNER_KIND$/));
      },
    },
  ];
}
