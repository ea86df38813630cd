import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { checkServerIdentity, createSecureContext, type PeerCertificate, type SecureContextOptions } from "node:tls";
import type { TlsOptions } from "@nats-io/nats-core";
import { saysMissing } from "../../node/io-error.ts";
import { CommandError } from "../command-error.ts";
import type { clientFlags } from "../flags/client-flags.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";

/** As OpenSSL names them. */
const CURVES: Readonly<Record<string, string>> = {
  p256: "prime256v1",
  p384: "secp384r1",
  p521: "secp521r1",
  x25519: "X25519",
};

/** What Node takes besides what the client knows of. */
export interface NodeTlsOptions extends TlsOptions {
  readonly ecdhCurve?: string;
  readonly checkServerIdentity?: typeof checkIdentity;
}

/**
 * How connections are secured, by flags, or else by `NATS_CA`, `NATS_CERT` and `NATS_KEY`. Nothing where servers decide.
 *
 * @param urls - a scheme among them may ask for TLS
 */
export async function tlsOptionsOf(
  { io, output }: Pick<Invocation, "io" | "output">,
  flags: FlagValues<typeof clientFlags>,
  urls: readonly string[],
): Promise<NodeTlsOptions | undefined> {
  const read = async (flag: "ca-cert" | "client-cert" | "client-key", variable: string): Promise<Pem | undefined> => {
    const given = flags[flag];
    const path = given || io.env[variable];
    return path ? await readPem(output.path(path.trim()), given ? `--${flag}` : variable) : undefined;
  };
  const ca = await read("ca-cert", "NATS_CA");
  const cert = await read("client-cert", "NATS_CERT");
  const key = await read("client-key", "NATS_KEY");
  if (ca !== undefined) assertAuthority(ca);
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert ? "key (--client-key or NATS_KEY)" : "certificate (--client-cert or NATS_CERT)";
    throw new CommandError(`the client ${missing} is missing`, { code: "ERR_TLS_OPTIONS" });
  }
  if (cert !== undefined && key !== undefined) assertPair(cert, key);
  const options: NodeTlsOptions = {
    ...(ca && { ca: ca.text }),
    ...(cert && { cert: cert.text }),
    ...(key && { key: key.text }),
    ...(flags["tls-first"] === true && { handshakeFirst: true }),
    ...(flags["tls-curves"] && { ecdhCurve: curvesOf(flags["tls-curves"]) }),
  };
  const isAsked = urls.some((url) => /^(?:tls|wss):/i.test(url));
  if (!isAsked && Object.keys(options).length === 0) return undefined;
  return { ...options, ...VERIFIED_TLS };
}

/** What Node checks certificates for; it is the receiver of the check. */
interface Peer {
  readonly servername?: string;
  readonly host?: string;
  readonly socket?: { readonly remoteAddress?: string };
}

/**
 * Tells whether a certificate is one of the server. The client gives Node no name where a server is known by its address
 * alone, and Node then looks for "localhost" in it.
 */
export function checkIdentity(this: unknown, hostname: string, certificate: PeerCertificate): Error | undefined {
  const { servername, host, socket } = (this ?? {}) as Peer;
  return checkServerIdentity(servername || host || socket?.remoteAddress || hostname, certificate);
}

function curvesOf(text: string): string {
  const names = text.split(",").map((raw) => {
    const curve =
      CURVES[
        raw
          .trim()
          .toLowerCase()
          .replace(/^curve/, "")
      ];
    if (curve !== undefined) return curve;
    throw new CommandError(`unknown TLS curve ${quote(raw)} (accepted: P256, P384, P521, X25519)`, {
      code: "ERR_TLS_OPTIONS",
    });
  });
  return names.join(":");
}

/** What is in a file. */
interface Pem {
  readonly text: string;
  readonly path: string;
  /** The flag or variable that names the file. */
  readonly source: string;
}

async function readPem(path: string, source: string): Promise<Pem> {
  try {
    return { text: await readFile(path, "utf8"), path, source };
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const why = saysMissing(cause) ? "there is no such file" : code;
    throw new CommandError(`can't read ${path} (${source}): ${why}`, { code: "ERR_TLS_OPTIONS", cause });
  }
}

/** Refuses what holds no certificates, or damaged ones, which Node takes for none. */
function assertAuthority({ text, path, source }: Pem): void {
  const certificates = text.match(/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----.*?-----END [^\n]*/gs) ?? [];
  const isDamaged = certificates.some((certificate) => !isCertificate(certificate));
  if (certificates.length > 0 && !isDamaged) return;
  const why = isDamaged ? "one of them is damaged" : "there is none in it";
  throw new CommandError(`can't use ${path} (${source}) as certificates of authorities: ${why}`, {
    code: "ERR_TLS_OPTIONS",
  });
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).serialNumber !== "";
  } catch {
    return false;
  }
}

/** Refuses a client's certificate that does not go with its key. */
function assertPair(cert: Pem, key: Pem): void {
  const isEncrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(key.text);
  const why = isEncrypted ? "the key is encrypted" : whyUnusable({ cert: cert.text, key: key.text });
  if (why === undefined) return;
  throw new CommandError(`can't use ${cert.path} (${cert.source}) with the key ${key.path} (${key.source}): ${why}`, {
    code: "ERR_TLS_OPTIONS",
    ...(isEncrypted && { hint: "give one without a passphrase" }),
  });
}

function whyUnusable(options: SecureContextOptions): string | undefined {
  try {
    createSecureContext(options);
    return undefined;
  } catch (error) {
    const { reason, message } = error as Error & { readonly reason?: string };
    return reason ?? message;
  }
}

/** What Node says of certificates of authorities that it does not know. */
const UNKNOWN_AUTHORITY: readonly unknown[] = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_UNTRUSTED",
];

/** Whether a connection failed for want of the authority of the server's certificate. */
export function isOfUnknownAuthority(error: unknown): boolean {
  return UNKNOWN_AUTHORITY.includes((error as { readonly code?: unknown } | undefined)?.code);
}

/** TLS without anything else said. */
export const VERIFIED_TLS: NodeTlsOptions = { checkServerIdentity: checkIdentity };
