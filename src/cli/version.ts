/** The version of this package; a test holds it to the manifest. */
export const version = "0.6.0";
