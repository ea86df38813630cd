import { labelOf } from "../../authority/reports/diagram-plantuml.ts";
import { formatGoDuration } from "../../encoding/duration.ts";
import type { Int64 } from "../../encoding/json-types.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import type { Claims } from "../../jwt/kinds.ts";
import { jetStreamIsUnlimited, type NatsLimits, type OperatorLimits } from "../../jwt/limits.ts";
import type { OperatorClaims } from "../../jwt/operator.ts";
import type { Permissions } from "../../jwt/permissions.ts";
import { signingKeyOf } from "../../jwt/signing-keys.ts";
import type { UserClaims } from "../../jwt/user.ts";
import { validate } from "../../jwt/validate.ts";
import { quote } from "../text/quote.ts";
import { type DrawnTree, localTime } from "./drawn-tree.ts";
import { noteLines } from "./notes.ts";

/** What is drawn of each entity. */
export interface ObjectDiagramOptions {
  readonly showsKeys: boolean;
  /** Whether what is empty or unlimited is drawn, too. */
  readonly isDetailed: boolean;
}

/** The operator, its accounts and their users, with their limits and permissions. nsc: `generate diagram object`. */
export function objectDiagram(tree: DrawnTree, options: ObjectDiagramOptions): string {
  return new ObjectDiagram(tree, options).draw();
}

class ObjectDiagram {
  readonly #tree: DrawnTree;
  readonly #options: ObjectDiagramOptions;
  readonly #lines: string[] = ["@startuml", "title Object Diagram"];

  constructor(tree: DrawnTree, options: ObjectDiagramOptions) {
    this.#tree = tree;
    this.#options = options;
  }

  draw(): string {
    const { operator, accounts, footer } = this.#tree;
    this.#operator(operator);
    for (const { claims, users } of accounts) {
      const permissions = this.#account(claims);
      for (const user of users) this.#user(user, claims, permissions);
    }
    return `${[...this.#lines, footer, "@enduml"].join("\n")}\n`;
  }

  #operator(claims: OperatorClaims): void {
    const { nats, sub, name = "" } = claims;
    this.#add(`object "${labelOf(name)}" as ${sub} << operator >> {`);
    this.#claims(claims);
    this.#value("JWT Version", String(nats.version ?? 2));
    this.#value("account server", labelOf(nats.account_server_url ?? ""));
    this.#value("Strict signing key usage", String(nats.strict_signing_key_usage === true));
    this.#validation(claims);
    this.#add("}");
    this.#signingKeys(claims, "operator", nats.signing_keys ?? []);
  }

  /** @returns what the default permissions are called, if there are any */
  #account(claims: AccountClaims): string | undefined {
    const { nats, sub, name = "" } = claims;
    const isSystem = sub === this.#tree.operator.nats.system_account;
    this.#add(`object "${labelOf(name)}" as ${sub} << ${isSystem ? "system account" : "account"} >> {`);
    this.#claims(claims);
    this.#accountLimits(nats.limits);
    this.#natsLimits(nats.limits);
    this.#jetStreamLimits(nats.limits);
    this.#validation(claims);
    this.#add("}");
    const defaults = nats.default_permissions;
    const permissions = hasPermissions(defaults) ? this.#permissions(claims, "default", defaults) : undefined;
    if (permissions !== undefined) this.#add(`${sub} *-- ${permissions}`);
    this.#signingKeys(
      claims,
      "account",
      (nats.signing_keys ?? []).map((key) => signingKeyOf(key)),
    );
    this.#signature(this.#tree.operator, claims);
    this.#add(...noteLines(sub, nats));
    return permissions;
  }

  #user(claims: UserClaims, account: AccountClaims, defaults: string | undefined): void {
    const { nats, sub, name = "" } = claims;
    this.#add(`object "${labelOf(name)}" as ${sub} << user >> {`);
    this.#claims(claims);
    this.#value("Bearer Token", String(nats.bearer_token === true));
    this.#list("Allowed Connection Types", nats.allowed_connection_types);
    this.#natsLimits(nats);
    this.#userLimits(claims);
    this.#validation(claims);
    this.#add("}");
    if (hasPermissions(nats)) {
      this.#add(`${sub} *-- ${this.#permissions(claims, "user", nats)} : "API restricted by >"`);
    } else if (defaults !== undefined) this.#add(`${sub} -- ${defaults} : "API restricted by >"`);
    this.#signature(account, claims);
  }

  #claims({ sub, iat = 0, nbf = 0, exp = 0, nats }: Claims): void {
    if (this.#options.showsKeys) {
      this.#value("Identity Key", sub);
      this.#value("Identity Key Present", String(this.#tree.keys.has(sub)));
    }
    this.#list("Tags", "tags" in nats ? nats.tags : undefined);
    this.#time("Issued At", iat);
    this.#time("Valid From", nbf);
    this.#time("Expires", exp);
  }

  #accountLimits({
    exports = 0,
    imports = 0,
    conn = 0,
    leaf = 0,
    wildcards,
    disallow_bearer: bearer,
  }: OperatorLimits): void {
    const isUnlimited = [exports, imports, conn, leaf].every(isMinusOne) && wildcards === true && bearer !== true;
    if (isUnlimited && !this.#options.isDetailed) return;
    this.#add(isUnlimited ? "--- Account Limits (unlimited)---" : "--- Account Limits ---");
    this.#limit("Max Exports", exports);
    this.#limit("Max Imports", imports);
    this.#limit("Max Client Connections", conn);
    this.#limit("Max Leaf Node Connections", leaf);
    this.#value("Allow Wildcard Exports", String(wildcards === true));
    this.#value("Disallow bearer token", String(bearer === true));
  }

  #natsLimits({ payload = 0, subs = 0, data = 0 }: NatsLimits): void {
    const isUnlimited = [payload, subs, data].every(isMinusOne);
    if (isUnlimited && !this.#options.isDetailed) return;
    this.#add(isUnlimited ? "--- Nats Limits (unlimited)---" : "--- Nats Limits ---");
    this.#limit("Max Payload", payload);
    this.#limit("Max Subscriber", subs);
    this.#limit("Max Number of bytes", data);
  }

  #jetStreamLimits(limits: OperatorLimits): void {
    const { mem_storage: memory = 0, disk_storage: disk = 0, streams = 0, consumer = 0 } = limits;
    const isDisabled = Number(memory) === 0 && Number(disk) === 0;
    if (isDisabled && !this.#options.isDetailed) return;
    const state = jetStreamIsUnlimited(limits) ? " (unlimited)" : isDisabled ? " (disabled)" : "";
    this.#add(`--- Jetstream Limits${state} ---`);
    this.#limit("Max Memory Storage", memory);
    this.#limit("Max Disk Storage", disk);
    this.#limit("Max Streams", streams);
    this.#limit("Max Consumer", consumer);
  }

  #userLimits({ nats: { src, times, times_location: zone = "" } }: UserClaims): void {
    const isUnlimited = (src ?? []).length === 0 && (times ?? []).length === 0;
    if (isUnlimited && !this.#options.isDetailed) return;
    this.#add(isUnlimited ? "--- User Limits (unlimited)---" : "--- User Limits ---");
    this.#list("Permitted CIDR blocks", src);
    const ranges = (times ?? []).map((range) => ` [${range?.start ?? ""}-${range?.end ?? ""}]`);
    this.#value("Permitted Times to Connect", zone + ranges.join(""));
  }

  #validation(claims: Claims): void {
    const issues = validate(claims, { now: this.#tree.now });
    if (issues.length === 0) {
      if (!this.#options.isDetailed) return;
      this.#add("--- Validation (no issues) ---");
    } else this.#add("==**<color:red>Validation</color>**==");
    const messages = (isWarning: boolean) =>
      issues.filter(({ level }) => (level === "warning") === isWarning).map(({ message }) => message);
    this.#list("Errors", messages(false));
    this.#list("Warnings", messages(true));
  }

  #signingKeys({ sub, name = "" }: Claims, kind: string, keys: readonly string[]): void {
    if (!this.#options.showsKeys || keys.length === 0) return;
    this.#add(`map "${labelOf(name)}" as ${sub}_sk << ${kind} signing keys >> {`, "key => stored");
    this.#add(...keys.map((key) => `${key} => ${this.#tree.keys.has(key)}`), "}", `${sub} *-- ${sub}_sk `);
  }

  /** @returns what they are called */
  #permissions({ sub, name = "" }: Claims, kind: string, { pub, sub: subscribe, resp }: Partial<Permissions>): string {
    const id = `${sub}_permissions`;
    this.#add(`object "${labelOf(name)}" as ${id} << ${kind} permissions >> {`);
    this.#subjects("Publish Deny", pub?.deny);
    this.#subjects("Publish Allow", pub?.allow);
    this.#subjects("Subscribe Deny", subscribe?.deny);
    this.#subjects("Subscribe Allow", subscribe?.allow);
    if ((resp ?? undefined) === undefined) {
      if (this.#options.isDetailed) this.#add("--- Response Permissions (server default)---");
    } else {
      this.#add("--- Response Permissions ---");
      this.#value("Expiration", formatGoDuration(BigInt(resp?.ttl ?? 0)));
      this.#limit("Max Messages", resp?.max ?? 0);
    }
    this.#add("}");
    return id;
  }

  #subjects(title: string, subjects: readonly string[] | null | undefined): void {
    if ((subjects ?? []).length === 0 && !this.#options.isDetailed) return;
    this.#add(`--- ${title} ---`, ...(subjects ?? []).map((subject) => ` ""${labelOf(subject)}""`));
  }

  #signature(signer: Claims, { iss = "", sub }: Claims): void {
    if (iss === sub) this.#add(`${iss} -- ${sub} : "self signed >"`);
    else if (!this.#options.showsKeys || iss === signer.sub) this.#add(`${signer.sub} -- ${sub} : "signed >"`);
    else this.#add(`${signer.sub}_sk::${iss} -- ${sub} : "signed >"`);
  }

  #limit(name: string, limit: Int64): void {
    const note = isMinusOne(limit) ? " (unlimited)" : Number(limit) === 0 ? " (disabled)" : "";
    this.#value(name, `${limit}${note}`);
  }

  #time(name: string, seconds: number): void {
    if (seconds !== 0) this.#add(`${name} = ${localTime(seconds)}`);
    else if (this.#options.isDetailed) this.#add(`${name} = not set`);
  }

  #list(name: string, list: readonly string[] | null | undefined): void {
    if ((list ?? []).length > 0 || this.#options.isDetailed) {
      this.#value(name, (list ?? []).map((each) => quote(each)).join(" "));
    }
  }

  #value(name: string, value: string): void {
    if (value !== "" || this.#options.isDetailed) this.#add(`${name} = ${value}`);
  }

  #add(...lines: readonly string[]): void {
    this.#lines.push(...lines);
  }
}

function isMinusOne(limit: Int64): boolean {
  return Number(limit) === -1;
}

function hasPermissions(given: Partial<Permissions> | null | undefined): given is Partial<Permissions> {
  const { pub, sub, resp } = given ?? {};
  const lists = [pub?.allow, pub?.deny, sub?.allow, sub?.deny];
  return (resp ?? undefined) !== undefined || lists.some((list) => (list ?? []).length > 0);
}
