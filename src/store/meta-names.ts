/**
 * Name of what says beside the tokens of an operator that its keys are elsewhere. Of an operator that is there it says
 * something, too, when it is absent.
 */
export const MANAGED = "managed";
