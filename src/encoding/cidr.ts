import { quoteGo } from "./go-text.ts";

/** An address, or why the text is none, in Go's words. */
export type IpAddressResult =
  | { readonly version: 4 | 6; readonly zone: string; readonly error?: undefined }
  | { readonly error: string };

/** Go: whether `net.ParseCIDR` accepts the text. */
export function isCidr(text: string): boolean {
  const slash = text.indexOf("/");
  if (slash < 0) return false;
  const bits = text.slice(slash + 1);
  if (!/^[0-9]+$/.test(bits)) return false;
  const address = parseIpAddress(text.slice(0, slash));
  return address.error === undefined && address.zone === "" && Number(bits) <= (address.version === 4 ? 32 : 128);
}

/** Go: `netip.ParseAddr`, as far as its verdict and its error go. */
export function parseIpAddress(text: string): IpAddressResult {
  const refuse = (reason: string, at = "") => ({
    error: `ParseAddr(${quoteGo(text)}): ${reason}${at === "" ? "" : ` (at ${quoteGo(at)})`}`,
  });
  switch (/[.:%]/.exec(text)?.[0]) {
    case ".": {
      const failure = checkIpv4(text);
      return failure === undefined ? { version: 4, zone: "" } : refuse(...failure);
    }
    case ":": {
      const percent = text.indexOf("%");
      const zone = percent < 0 ? "" : text.slice(percent + 1);
      if (percent === text.length - 1) return refuse("zone must be a non-empty string");
      const failure = checkIpv6(percent < 0 ? text : text.slice(0, percent));
      return failure === undefined ? { version: 6, zone } : refuse(...failure);
    }
    case "%":
      return refuse("missing IPv6 address");
    default:
      return refuse("unable to parse IP");
  }
}

/** What is wrong, and the rest of the text from there on if Go shows it. */
type Failure = readonly [reason: string, at?: string];

function checkIpv4(text: string): Failure | undefined {
  let fields = 1;
  let value = 0;
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char >= "0" && char <= "9") {
      if (digits === 1 && value === 0) return ["IPv4 field has octet with leading zero"];
      value = value * 10 + Number(char);
      digits += 1;
      if (value > 255) return ["IPv4 field has value >255"];
    } else if (char === ".") {
      if (digits === 0 || i === text.length - 1) return ["IPv4 field must have at least one digit", text.slice(i)];
      if (fields === 4) return ["IPv4 address too long"];
      fields += 1;
      value = 0;
      digits = 0;
    } else {
      return ["unexpected character", text.slice(i)];
    }
  }
  return fields < 4 ? ["IPv4 address too short"] : undefined;
}

function checkIpv6(text: string): Failure | undefined {
  let rest = text;
  let groups = 0;
  let ellipsis = false;
  if (rest.startsWith("::")) {
    ellipsis = true;
    rest = rest.slice(2);
    if (rest === "") return undefined;
  }
  while (groups < 8) {
    const digits = (/^[0-9a-fA-F]*/.exec(rest) as RegExpExecArray)[0].length;
    if (digits > 4) return ["each group must have 4 or less digits", rest];
    if (digits === 0) return ["each colon-separated field must have at least one digit", rest];
    if (rest[digits] === ".") {
      if (!ellipsis && groups !== 6) {
        return ["embedded IPv4 address must replace the final 2 fields of the address", rest];
      }
      if (groups > 6) return ["too many hex fields to fit an embedded IPv4 at the end of the address", rest];
      const failure = checkIpv4(rest);
      if (failure !== undefined) return failure;
      rest = "";
      groups += 2;
      break;
    }
    groups += 1;
    rest = rest.slice(digits);
    if (rest === "") break;
    if (rest[0] !== ":") return ["unexpected character, want colon", rest];
    if (rest === ":") return ["colon must be followed by more characters", rest];
    rest = rest.slice(1);
    if (rest[0] === ":") {
      if (ellipsis) return ["multiple :: in address", rest];
      ellipsis = true;
      rest = rest.slice(1);
      if (rest === "") break;
    }
  }
  if (rest !== "") return ["trailing garbage after address", rest];
  if (groups < 8) return ellipsis ? undefined : ["address string too short"];
  return ellipsis ? ["the :: must expand to at least one field of zeros"] : undefined;
}
