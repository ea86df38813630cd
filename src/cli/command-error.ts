/** What else is said of an error. */
export interface CommandErrorOptions extends ErrorOptions {
  /** Whether the usage of the command helps whoever reads the message; as the command has it by default. */
  readonly showsUsage?: boolean;
  /** What to do about it, in a line of its own. */
  readonly hint?: string;
  /** The exit code; 1 by default. */
  readonly exitCode?: number;
  /** For programs, as in `--json`. */
  readonly code: string;
}

/** A command can't do what it was asked for; the message is for the person at the terminal. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly showsUsage: boolean | undefined;
  readonly hint: string | undefined;
  readonly exitCode: number;
  readonly code: string;

  constructor(message: string, options: CommandErrorOptions) {
    super(message, options);
    this.showsUsage = options.showsUsage;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? 1;
    this.code = options.code;
  }
}
