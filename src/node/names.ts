import { utf8Length } from "../encoding/bytes.ts";
import { trimGoSpace } from "../encoding/go-text.ts";
import { NscError } from "../errors.ts";

/** With `.creds` behind it a name must fit into the 255 bytes that file systems give it. */
const MAX_NAME_BYTES = 240;

/** Names that Windows takes for devices, whatever stands behind a dot. */
const DEVICE = /^(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3]) *(?:\.|$)/i;

/** What no file of Windows can have in its name. */
const WINDOWS_FORBIDDEN = /[<>:"|?*\\]/;

/**
 * Whether a name, put into a path, is one folder or file of that name. What other systems, nsc or hands have put there
 * under odd names stays readable.
 */
export function isReadableName(name: string): boolean {
  if (name === "." || name === ".." || /[/\0]/.test(name)) return false;
  return process.platform !== "win32" || !(WINDOWS_FORBIDDEN.test(name) || DEVICE.test(name) || /[. ]$/.test(name));
}

/**
 * Refuses new names that mean something else to nsc, which trims, to file systems or to terminals; on every system, since
 * trees are copied from one to another.
 *
 * @throws NscError `ERR_STORE_NAME`
 */
export function assertNewName(name: string): void {
  const problem = nameProblem(name);
  if (problem !== undefined) throw refusedName(name, problem);
}

export function refusedName(name: string, problem: string): NscError {
  const shown = name.length > 60 ? `${name.slice(0, 60)}…` : name;
  return new NscError("ERR_STORE_NAME", `${JSON.stringify(shown)} can't be the name of a folder or file: ${problem}`);
}

function nameProblem(name: string): string | undefined {
  if (name === "." || name === "..") return "it stands for another folder";
  if (/[/\\]/.test(name)) return "it holds a slash or a backslash";
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name)) return "it holds a control character";
  if (name.trim() !== name || trimGoSpace(name) !== name) return "it begins or ends with white space";
  if (name.endsWith(".")) return "it ends with a dot";
  if (DEVICE.test(name)) return "Windows takes it for a device";
  if (process.platform === "win32" && WINDOWS_FORBIDDEN.test(name)) return "it holds what Windows forbids";
  if (utf8Length(name) > MAX_NAME_BYTES) return `it is longer than ${MAX_NAME_BYTES} bytes`;
  return undefined;
}

/** What names have in common that some file systems take for one: those that differ only in case or composition. */
export function foldName(name: string): string {
  return name.normalize("NFD").toUpperCase().toLowerCase().normalize("NFC");
}
