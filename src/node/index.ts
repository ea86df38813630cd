/**
 * What needs Node: nsc's folders on disk.
 *
 * @module
 */

export { type NscDirectory, type NscDirectoryOptions, nscDirectory } from "./nsc-directory.ts";
