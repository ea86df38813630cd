import type { Account } from "./account.ts";
import type { Cell } from "./cell.ts";
import type { Operator } from "./operator.ts";
import type { User } from "./user.ts";

/** Makes handles of cells, where the class of a handle can't be known: an operator's knows the account's, not the reverse. */
export interface HandleMakers {
  operator(cell: Cell): Operator;
  account(cell: Cell): Account;
  user(cell: Cell): User;
}
