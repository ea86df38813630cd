import type { ConfigMap, ConfigValue } from "./format.ts";
import { isConfigMap, memberOf, stringMember } from "./members.ts";
import { assertKnown, definedMembers, filePath, flag, refuse } from "./options.ts";

/**
 * TLS of a listener of the server, or of a connection that it makes itself. Paths are taken as they stand; relative ones start at
 * the server process's working directory. The server does not start if a file is missing.
 */
export interface TlsFiles {
  /** PEM file of its certificate, with those that lead to its authority. */
  readonly certFile?: string;
  /** PEM file of the certificate's private key. */
  readonly keyFile?: string;
  /** PEM file of the authorities that the certificates of others are checked by; those of the system by default. */
  readonly caFile?: string;
  /** Listeners: whether clients must show a certificate; false by default. */
  readonly verify?: boolean;
  /** Connections that it makes: whether any certificate is taken, which makes TLS worthless; false by default. */
  readonly insecure?: boolean;
}

const NAMES: readonly (keyof TlsFiles)[] = ["certFile", "keyFile", "caFile", "verify", "insecure"];

/** A block of TLS for connections that the server makes; what else it holds is left out. */
export function tlsFilesOf(value: ConfigValue): TlsFiles {
  if (!isConfigMap(value)) throw refuse("resolver_tls must be a map");
  const tls = definedMembers({
    certFile: stringMember(value, "cert_file"),
    keyFile: stringMember(value, "key_file"),
    caFile: stringMember(value, "ca_file"),
    insecure: memberOf(value, "insecure"),
  }) as TlsFiles;
  tlsConfig("resolver_tls", tls, false);
  return tls;
}

/** A `tls` or `resolver_tls` block. */
export function tlsConfig(what: string, tls: TlsFiles, isListener: boolean): ConfigMap {
  const unknown = isListener ? "insecure" : "verify";
  assertKnown(
    tls,
    NAMES.filter((name) => name !== unknown),
    what,
  );
  const certFile = filePath(`${what}: certFile`, tls.certFile);
  const keyFile = filePath(`${what}: keyFile`, tls.keyFile);
  if ((certFile === undefined) !== (keyFile === undefined)) throw refuse(`${what} needs both certFile and keyFile`);
  if (isListener && certFile === undefined) throw refuse(`${what} needs a certificate: certFile and keyFile`);
  return definedMembers({
    cert_file: certFile,
    key_file: keyFile,
    ca_file: filePath(`${what}: caFile`, tls.caFile),
    verify: flag(`${what}: verify`, tls.verify),
    insecure: flag(`${what}: insecure`, tls.insecure),
  });
}
