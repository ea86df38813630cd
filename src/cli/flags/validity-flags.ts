import { text } from "./flag-types.ts";

const FORMATS = "yyyy-mm-dd, #m(inutes), #h(ours), #d(ays), #w(eeks), #M(onths), #y(ears)";

/** From when until when what is added or edited is valid. */
export const validityFlags = {
  start: text(`valid from ('0' is always, '3d' is three days) - ${FORMATS}`),
  expiry: text(`valid until ('0' is always, '2M' is two months) - ${FORMATS}`),
};
