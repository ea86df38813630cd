import { NscError } from "../errors.ts";
import { hasSystemCode } from "./io-error.ts";

/** What a file is locked with: a passphrase, or the public keys of those who may open it. */
export type AgeLock =
  | { readonly passphrase: string; readonly workFactor: number }
  | { readonly recipients: readonly string[] };

/** What opens a file. */
export type AgeKey = { readonly passphrase: string } | { readonly identities: readonly string[] };

/** A file in the format age-encryption.org/v1. */
export async function encryptAge(content: Uint8Array, lock: AgeLock, armor: boolean): Promise<Uint8Array> {
  const age = await loadAge();
  const encrypter = new age.Encrypter();
  if ("passphrase" in lock) {
    encrypter.setScryptWorkFactor(lock.workFactor);
    encrypter.setPassphrase(lock.passphrase);
  } else {
    for (const [index, recipient] of lock.recipients.entries()) {
      attempt(`recipients[${index}]`, () => encrypter.addRecipient(recipient));
    }
  }
  const file = await encrypter.encrypt(content);
  return armor ? new TextEncoder().encode(age.armor.encode(file)) : file;
}

/** @throws NscError `ERR_ARCHIVE_KEY`, `ERR_ARCHIVE_FORMAT`, `ERR_ARGUMENT_INVALID`, `ERR_DEPENDENCY_MISSING` */
export async function decryptAge(file: Uint8Array, key: AgeKey): Promise<Uint8Array> {
  const age = await loadAge();
  const decrypter = new age.Decrypter();
  if ("passphrase" in key) decrypter.addPassphrase(key.passphrase);
  else {
    for (const [index, identity] of key.identities.entries()) {
      attempt(`identities[${index}]`, () => decrypter.addIdentity(identity));
    }
  }
  try {
    return await decrypter.decrypt(isArmored(file) ? age.armor.decode(new TextDecoder().decode(file)) : file);
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    if (why.includes("no identity matched")) {
      throw new NscError("ERR_ARCHIVE_KEY", "the passphrase, or none of the identities, opens the file");
    }
    throw new NscError("ERR_ARCHIVE_FORMAT", "this is no file of age, or it is cut off, or somebody has changed it");
  }
}

/** What is refused may be a secret, and the errors of the library quote it. */
function attempt(title: string, act: () => void): void {
  try {
    act();
  } catch {
    throw new NscError("ERR_ARGUMENT_INVALID", `${title} is none of age`);
  }
}

function isArmored(file: Uint8Array): boolean {
  return new TextDecoder().decode(file.subarray(0, 64)).trimStart().startsWith("-----BEGIN AGE");
}

async function loadAge(): Promise<typeof import("age-encryption")> {
  try {
    return await import("age-encryption");
  } catch (cause) {
    if (!hasSystemCode(cause, "ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND")) throw cause;
    const message = "encrypted files need a package that is not installed: npm install age-encryption";
    throw new NscError("ERR_DEPENDENCY_MISSING", message, { cause });
  }
}
