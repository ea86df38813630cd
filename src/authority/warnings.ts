/** Something that is allowed, but may not work as it is meant. */
export interface Warning {
  /** What it is, for programs. */
  readonly code: "USER_TOKEN_SIZE";
  /** What it is, for people. */
  readonly message: string;
}

/**
 * Servers take lines of 4,096 bytes from clients by default (`max_control_line`), and the line of `CONNECT` holds the token
 * and about 400 bytes more: 3.6 kB were seen to fit, 3.95 kB not to.
 */
const MAX_USER_TOKEN = 3600;

/** What is worth knowing of a user's token. */
export function tokenWarnings(name: string, token: string): readonly Warning[] {
  if (token.length <= MAX_USER_TOKEN) return [];
  return [
    {
      code: "USER_TOKEN_SIZE",
      message: `the token of the user ${JSON.stringify(name)} has ${token.length} bytes, and servers refuse connections with more than about ${MAX_USER_TOKEN} unless max_control_line is raised: a role keeps permissions out of it`,
    },
  ];
}
