import {
  type AccountClaims,
  type Claims,
  createKeyPair,
  decode,
  Nsc,
  type OperatorClaims,
  type UserClaims,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { claimsText, payloadOf, tokenOf } from "../jwt/tokens.ts";
import { keyNamed } from "../nkeys/fixtures.ts";
import { NOW, refused, tokenAt, tree, wire, world, writesNothing } from "./tree-fixtures.ts";

const OPERATOR = keyNamed("operator");
const ACCOUNT = keyNamed("account");
const USER = keyNamed("user");

interface Editable {
  edit(edit: (claims: Claims) => void, options?: object): Promise<void>;
}

/** One handle of each kind. */
async function handles() {
  const made = await tree();
  const user = await made.account.addUser("u");
  const all: readonly (readonly [string, Editable])[] = [
    ["operator", made.operator as unknown as Editable],
    ["account", made.account as unknown as Editable],
    ["user", user as unknown as Editable],
  ];
  return { ...made, user, all };
}

describe("what edit does not change", () => {
  test.each<[string, (claims: Claims) => void, RegExp]>([
    [
      "name",
      (claims) => {
        claims.name = "other";
      },
      /rename/,
    ],
    ["name", (claims) => void delete claims.name, /rename/],
    [
      "sub",
      (claims) => {
        claims.sub = createKeyPair("user").publicKey;
      },
      /identity/,
    ],
    [
      "iss",
      (claims) => {
        claims.iss = createKeyPair("account").publicKey;
      },
      /signer/,
    ],
    ["iss", (claims) => void delete claims.iss, /signer/],
    [
      "iat",
      (claims) => {
        claims.iat = 5;
      },
      /signed/,
    ],
    ["iat", (claims) => void delete claims.iat, /signed/],
    [
      "jti",
      (claims) => {
        claims.jti = "x";
      },
      /signed/,
    ],
    [
      "nats.type",
      (claims) => {
        claims.nats.type = "generic" as never;
      },
      /kind/,
    ],
    [
      "nats.version",
      (claims) => {
        claims.nats.version = 3;
      },
      /signed/,
    ],
    [
      "nats.issuer_account",
      (claims) => void Object.assign(claims.nats, { issuer_account: ACCOUNT.publicKey }),
      /signed/,
    ],
    ["nats.type", (claims) => void Object.assign(claims, { nats: undefined }), /kind/],
    ["nats.type", (claims) => void Object.assign(claims, { nats: {} }), /kind/],
  ])("is %s, and it says what does", async (name, edit, remedy) => {
    const { all, store } = await handles();
    for (const [, handle] of all) {
      await refused(store, () => handle.edit(edit), "ERR_CLAIMS_MANAGED", `${name} is not`, remedy);
    }
  });

  test("is not for the claims of what is added either", async () => {
    const { nsc, operator, account, store } = await handles();
    const claims = ({ nats }: OperatorClaims | AccountClaims | UserClaims) => {
      nats.version = 1;
    };
    await refused(store, () => nsc.addOperator("x", { claims }), "ERR_CLAIMS_MANAGED", "nats.version");
    await refused(store, () => operator.addAccount("x", { claims }), "ERR_CLAIMS_MANAGED", "nats.version");
    await refused(store, () => account.addUser("x", { claims }), "ERR_CLAIMS_MANAGED", "nats.version");
    const rename = (given: { name?: string }) => {
      given.name = "y";
    };
    await refused(store, () => account.addUser("x", { claims: rename }), "ERR_CLAIMS_MANAGED", "name");
  });

  test("may be set to what it is", async () => {
    const { all, store } = await handles();
    for (const [, handle] of all) {
      await writesNothing(store, () =>
        handle.edit((claims) => {
          const { name, sub, iss } = claims;
          Object.assign(claims, { name, sub, iss });
        }),
      );
    }
  });
});

describe("an edit", () => {
  test("must not wait for anything", async () => {
    const { all, store } = await handles();
    // biome-ignore lint/suspicious/noThenProperty: what is waited for need not be a promise
    const waits: unknown[] = [async () => undefined, () => Promise.resolve(), () => ({ then: () => undefined })];
    for (const [, handle] of all) {
      for (const wait of waits) {
        await refused(store, () => handle.edit(wait as () => void), "ERR_ARGUMENT_INVALID", /wait/);
      }
    }
  });

  test("is a function", async () => {
    const { all, store } = await handles();
    for (const [, handle] of all) {
      for (const edit of [undefined, null, {}, "x"]) {
        await refused(store, () => handle.edit(edit as never), "ERR_ARGUMENT_INVALID", /function/);
      }
    }
  });

  test("that throws changes nothing, and its error is the one that is thrown", async () => {
    const { all, store } = await handles();
    const before = await store.dump();
    for (const error of [new Error("mine"), new TypeError("theirs"), "a text", undefined]) {
      for (const [, handle] of all) {
        const thrown: unknown = await handle
          .edit((claims) => {
            claims.nats.tags = ["changed"];
            throw error;
          })
          .then(
            () => "nothing was thrown",
            (reason: unknown) => reason,
          );
        expect(thrown).toBe(error);
      }
    }
    expect(await store.dump()).toEqual(before);
    for (const [, handle] of all) {
      await handle.edit(() => undefined);
    }
    expect(await store.dump()).toEqual(before);
  });

  test("that throws changes nothing in a transaction that goes on", async () => {
    const { nsc, store } = await handles();
    await nsc.transaction(async (tx) => {
      const account = await (await tx.operator("local")).account("APP");
      await account.edit(({ nats }) => {
        nats.description = "kept";
      });
      const failing = account.edit(({ nats }) => {
        nats.description = "lost";
        nats.limits.conn = 5;
        throw new Error("mine");
      });
      await expect(failing).rejects.toThrow("mine");
    });
    expect((await wire(store, ["local", "APP"])).nats).toMatchObject({ description: "kept", limits: { conn: -1 } });
  });

  test("works on a copy, and handles show what is frozen", async () => {
    const { account } = await handles();
    let seen: AccountClaims | undefined;
    await account.edit((claims) => {
      seen = claims;
      claims.nats.tags = ["a"];
    });
    (seen as AccountClaims).nats.tags?.push("later");
    expect(account.claims.nats.tags).toEqual(["a"]);
    expect(() => {
      (account.claims.nats as unknown as { tags?: string[] }).tags = [];
    }).toThrow(TypeError);
    expect(() => (account.claims.nats.tags as string[]).push("b")).toThrow(TypeError);
    expect(() => {
      (account.claims as { name?: string }).name = "x";
    }).toThrow(TypeError);
  });

  test("begins with what the store has now, not with what the handle saw", async () => {
    const { nsc, store, account } = await handles();
    const other = new Nsc({ store, clock: () => new Date(NOW * 1000) });
    const theirs = await (await other.operator("local")).account("APP");
    await theirs.edit(({ nats }) => {
      nats.description = "theirs";
    });
    expect(account.claims.nats.description).toBeUndefined();
    await account.edit(({ nats }) => {
      expect(nats.description).toBe("theirs");
      nats.tags = ["ours"];
    });
    expect((await wire(store, ["local", "APP"])).nats).toMatchObject({ description: "theirs", tags: ["ours"] });
    expect((await (await nsc.operator("local")).account("APP")).claims.nats.description).toBe("theirs");
  });

  test("of what is gone is refused", async () => {
    const { account, user, store } = await handles();
    await account.delete();
    await refused(store, () => user.edit(() => undefined), "ERR_ENTITY_NOT_FOUND", '"u"');
    await refused(store, () => account.refresh(), "ERR_ENTITY_NOT_FOUND", '"APP"');
  });
});

describe("members that there are not", () => {
  test.each<[string, (claims: Claims) => void]>([
    ["nats.tag", ({ nats }) => void Object.assign(nats, { tag: ["a"] })],
    ["expires", (claims) => void Object.assign(claims, { expires: 5 })],
    ["nats.Tags", ({ nats }) => void Object.assign(nats, { Tags: ["a"] })],
    ["nats.constructor", ({ nats }) => void Object.assign(nats, { constructor: 1 })],
  ])("are refused: %s", async (name, edit) => {
    const { all, store } = await handles();
    for (const [, handle] of all) await refused(store, () => handle.edit(edit), "ERR_CLAIMS_UNKNOWN_FIELD", name);
  });

  test("are refused in any depth, with their place", async () => {
    const { account, user, store } = await handles();
    const inAccount: readonly (readonly [string, (claims: AccountClaims) => void])[] = [
      ["nats.limits.connections", ({ nats }) => void Object.assign(nats.limits, { connections: 5 })],
      [
        "nats.exports[0].latency",
        ({ nats }) => {
          nats.exports = [{ subject: "a", type: "stream", latency: 1 } as never];
        },
      ],
      ["nats.default_permissions.publish", ({ nats }) => void Object.assign(nats.default_permissions, { publish: [] })],
      [
        "nats.limits.tiered_limits.R1.disk",
        ({ nats }) => {
          nats.limits.tiered_limits = { R1: { disk: 1 } as never };
        },
      ],
    ];
    for (const [place, edit] of inAccount) {
      await refused(store, () => account.edit(edit), "ERR_CLAIMS_UNKNOWN_FIELD", place);
    }
    const edit = ({ nats }: UserClaims) => void Object.assign(nats.pub, { allowed: ["a"] });
    await refused(store, () => user.edit(edit), "ERR_CLAIMS_UNKNOWN_FIELD", "nats.pub.allowed");
    await refused(store, () => account.addUser("v", { claims: edit }), "ERR_CLAIMS_UNKNOWN_FIELD", "nats.pub.allowed");
  });

  test("are refused in a transaction at once, however many edits follow", async () => {
    const { nsc, store } = await handles();
    const typo = ({ nats }: AccountClaims) => void Object.assign(nats.limits, { connections: 5 });
    await nsc.transaction(async (tx) => {
      const account = await (await tx.operator("local")).account("APP");
      await expect(account.edit(typo)).toThrowCode("ERR_CLAIMS_UNKNOWN_FIELD");
      await account.edit(({ nats }) => {
        nats.description = "first";
      });
      await expect(account.edit(typo)).toThrowCode("ERR_CLAIMS_UNKNOWN_FIELD");
      await account.edit(({ nats }) => {
        nats.tags = ["second"];
      });
    });
    const { nats } = await wire(store, ["local", "APP"]);
    expect(nats).toMatchObject({ description: "first", tags: ["second"] });
    expect(nats.limits).not.toHaveProperty("connections");
  });

  test("of the wrong type are refused", async () => {
    const { account, store } = await handles();
    const edit = (members: object) => () => account.edit(({ nats }) => void Object.assign(nats, members));
    await refused(store, edit({ tags: "a" }), "ERR_CLAIMS_TYPE", "tags");
    await refused(store, edit({ description: 5 }), "ERR_CLAIMS_TYPE", "description");
    await refused(store, edit({ limits: [] }), "ERR_CLAIMS_TYPE", "limits");
    await refused(store, edit({ limits: { conn: "5" } }), "ERR_CLAIMS_TYPE", "conn");
  });
});

describe("tokens that a later version of NATS made", () => {
  const LATER = '"later":{"b": 1.0,"a":9007199254740993}';
  const NATS = '"zeta":[ 1e2 ],"more":"\\u0041"';

  /** A tree by hand, with members at every level that this version does not know. */
  async function later() {
    const made = world();
    const limits = '"subs":-1,"data":-1,"payload":-1';
    const token = (kind: string, key: typeof OPERATOR, name: string, sub: string, nats: string) => {
      const text = claimsText(
        { iat: 1, iss: key.publicKey, name, sub },
        `{${nats}"type":"${kind}","version":2,${NATS}}`,
      );
      return tokenOf({ key, payload: `{${LATER},${text.slice(1)}` });
    };
    const permissions = '"default_permissions":{"pub":{"p": 1.10},"sub":{}},"authorization":{}';
    await made.store.commit({
      tokens: [
        { path: ["local"], token: token("operator", OPERATOR, "local", OPERATOR.publicKey, "") },
        {
          path: ["local", "APP"],
          token: token(
            "account",
            OPERATOR,
            "APP",
            ACCOUNT.publicKey,
            `"limits":{${limits},"cpu": 1.50},${permissions},"exports":[{"subject":"a","type":"stream","x": 01e0}],`.replace(
              "01e0",
              "1e0",
            ),
          ),
        },
        {
          path: ["local", "APP", "u"],
          token: token("user", ACCOUNT, "u", USER.publicKey, `"pub":{"q": 2.0},"sub":{},${limits},`),
        },
      ],
      keys: [OPERATOR.seed, ACCOUNT.seed, USER.seed],
    });
    const operator = await made.nsc.operator("local");
    const account = await operator.account("APP");
    return { ...made, operator, account, user: await account.user("u") };
  }

  test("keep what this version does not know, byte by byte", async () => {
    const { operator, account, user, store } = await later();
    await operator.edit(({ nats }) => {
      nats.tags = ["t"];
    });
    await account.edit(({ nats }) => {
      nats.description = "d";
    });
    await user.edit(({ nats }) => {
      nats.tags = ["t"];
    });
    for (const path of [["local"], ["local", "APP"], ["local", "APP", "u"]] as const) {
      const text = payloadOf(await tokenAt(store, path as never));
      expect(text).toContain(LATER);
      expect(text).toContain(NATS);
      decode(await tokenAt(store, path as never));
    }
    const text = payloadOf(await tokenAt(store, ["local", "APP"]));
    expect(text).toContain('"description":"d"');
    expect(text).toContain('"cpu":1.50');
    expect(text).toContain('"pub":{"p":1.10}');
    expect(text).toContain('"x":1e0');
    expect(payloadOf(await tokenAt(store, ["local", "APP", "u"]))).toContain('"pub":{"q":2.0}');
  });

  test("keep it through renaming, signing again and verbs", async () => {
    const { operator, account, user, store } = await later();
    await account.addSigningKey();
    await account.addRole("web", { pub: ["a"] });
    await account.editRole("web", (scope) => {
      scope.description = "d";
    });
    await account.rename("B");
    await user.rename("v");
    await user.reissue();
    await operator.addSigningKey();
    await operator.requireSigningKeys();
    await operator.rename("elsewhere");
    for (const path of [["elsewhere"], ["elsewhere", "B"], ["elsewhere", "B", "v"]] as const) {
      const text = payloadOf(await tokenAt(store, path as never));
      expect(text).toContain(LATER);
      expect(text).toContain(NATS);
    }
  });

  test("keep it through a transaction of several edits", async () => {
    const { nsc, store } = await later();
    await nsc.transaction(async (tx) => {
      const account = await (await tx.operator("local")).account("APP");
      await account.edit(({ nats }) => {
        nats.description = "d";
      });
      await account.edit(({ nats }) => {
        nats.tags = ["t"];
      });
    });
    const text = payloadOf(await tokenAt(store, ["local", "APP"]));
    for (const part of [LATER, NATS, '"cpu":1.50', '"description":"d"', '"tags":["t"]']) expect(text).toContain(part);
  });

  test("lose it only when an edit says so, and don't get it changed", async () => {
    const { account, store } = await later();
    const odd = (claims: AccountClaims) => claims as unknown as Record<string, unknown>;
    await refused(
      store,
      () =>
        account.edit((claims) => {
          odd(claims)["later"] = { b: 2 };
        }),
      "ERR_CLAIMS_UNKNOWN_FIELD",
      "later",
    );
    await account.edit((claims) => void delete odd(claims)["later"]);
    const text = payloadOf(await tokenAt(store, ["local", "APP"]));
    expect(text).not.toContain("later");
    expect(text).toContain(NATS);
  });
});

describe("options that there are not", () => {
  const options = { expirs: "1h" } as never;

  test("are refused by everything that takes options", async () => {
    const { nsc, operator, account, user, store } = await handles();
    const key = await account.addSigningKey();
    const { token } = (await tree()).operator;
    const calls: Record<string, () => unknown> = {
      Nsc: () => new Nsc(options),
      addOperator: () => nsc.addOperator("x", options),
      importOperator: () => nsc.importOperator(token, options),
      "operator.edit": () => operator.edit(() => undefined, options),
      "operator.addSigningKey": () => operator.addSigningKey(options),
      "operator.removeSigningKey": () => operator.removeSigningKey(key, options),
      requireSigningKeys: () => operator.requireSigningKeys(options),
      addAccount: () => operator.addAccount("x", options),
      "account.edit": () => account.edit(() => undefined, options),
      "account.addSigningKey": () => account.addSigningKey(options),
      "account.removeSigningKey": () => account.removeSigningKey(key, options),
      addRole: () => account.addRole("x", options),
      addUser: () => account.addUser("x", options),
      issueUser: () => account.issueUser("x", { expires: "1h", ...(options as object) }),
      "account.reissue": () => account.reissue(options),
      "account.delete": () => account.delete(options),
      "user.edit": () => user.edit(() => undefined, options),
      "user.reissue": () => user.reissue(options),
      "user.delete": () => user.delete(options),
    };
    for (const call of Object.values(calls)) await refused(store, call, "ERR_ARGUMENT_INVALID", "expirs");
  });

  test("and options that are none are refused, too", async () => {
    const { nsc, operator, account, user, store } = await handles();
    for (const wrong of [null, "x", 5] as never[]) {
      await refused(store, () => nsc.addOperator("x", wrong), "ERR_ARGUMENT_INVALID", /options/);
      await refused(store, () => operator.addAccount("x", wrong), "ERR_ARGUMENT_INVALID", /options/);
      await refused(store, () => account.addUser("x", wrong), "ERR_ARGUMENT_INVALID", /options/);
      await refused(store, () => account.issueUser("x", wrong), "ERR_ARGUMENT_INVALID", /options/);
      await refused(store, () => user.edit(() => undefined, wrong), "ERR_ARGUMENT_INVALID", /options/);
      await refused(store, () => user.delete(wrong), "ERR_ARGUMENT_INVALID", /options/);
      await refused(store, () => account.delete(wrong), "ERR_ARGUMENT_INVALID", /options/);
    }
  });
});
