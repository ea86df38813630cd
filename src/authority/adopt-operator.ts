import { isNscError } from "../errors.ts";
import { decode } from "../jwt/decode.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import { type Adoption, keptFor } from "./adopt-account.ts";
import type { OperatorPath } from "./paths.ts";
import { hasKey } from "./signing-keys.ts";
import type { Workspace } from "./workspace.ts";

/** What came of it; an operator that the store does not have is not added. */
export type OperatorAdoption = Adoption & { readonly status: Exclude<Adoption["status"], "added"> };

/** Puts a newer token of an operator that the store has in its place. What speaks against it is said, and not thrown. */
export async function adoptOperator(
  workspace: Workspace,
  path: OperatorPath,
  token: string,
  { overwrite }: { readonly overwrite: boolean },
): Promise<OperatorAdoption> {
  const present = await workspace.need(path);
  const title = { name: path[0], publicKey: present.sub };
  const refuse = (message: string): OperatorAdoption => ({ ...title, status: "refused", message });
  let claims: OperatorClaims;
  try {
    claims = decode(token, { kind: "operator", engine: workspace.context.engine });
  } catch (error) {
    if (isNscError(error)) return refuse(`its token can't be read: ${error.message}`);
    throw error;
  }
  if (claims.sub !== present.sub) return refuse(`its token is the one of ${claims.sub}`);
  // Anybody can make a token in which he is a signing key himself.
  if (!hasKey(present, claims.iss ?? "")) return refuse(`it is signed by ${claims.iss}, which is no key of it`);
  if ((await workspace.stored(path))?.token === token) {
    return { ...title, status: "unchanged", message: "the store has it" };
  }
  const ahead = (present.iat ?? 0) - (claims.iat ?? 0);
  if (ahead >= 0 && !overwrite) return { ...title, status: "kept", message: keptFor(ahead) };
  await workspace.adopt(path, claims, token);
  return { ...title, status: "updated", message: "its token was replaced" };
}
