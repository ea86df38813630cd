/** Tokens that Go made: claims.md, section 8.4. All are signed at 1700000000, with keys made for tests (section 8.1). */
export interface WorkedExample {
  readonly name: string;
  /** Name of the key, see `test/nkeys/fixtures.ts`. */
  readonly signedBy: string;
  /** The bytes of the payload, as text. */
  readonly payload: string;
  /** The last chunk of the token. */
  readonly signature: string;
}

export const ISSUED_AT = 1700000000;

export const WORKED_EXAMPLES: readonly WorkedExample[] = [
  {
    name: "op-min",
    signedBy: "operator",
    payload:
      '{"jti":"VBUDEI7LF7IBOOEC4CZGDQRZHKYZ6FXRJWI7KKDAM32TT7ZPDPJA","iat":1700000000,"iss":"OAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZVT","name":"O","sub":"OAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZVT","nats":{"type":"operator","version":2}}',
    signature: "B9kpGZKb3SqI9amskCGglixl1Cr8biaTTKwPjyt8oFD_VJIxZ0n9NQPIYw1kHlkmPkl7AUWqxGzLIiEI58F_Dw",
  },
  {
    name: "op-full",
    signedBy: "operator",
    payload:
      '{"aud":"aud","exp":2000000000,"jti":"NWKMXGVBQBWQN6CYXLX6F3EXHIDWBOMBO4FH7BER2HUY7HR5KYQQ","iat":1700000000,"iss":"OAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZVT","name":"O","nbf":1600000000,"sub":"OAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZVT","nats":{"signing_keys":["OB3XN2DQXEZVJ4VAWJGCH4VDNTCOQDRCGIMMDOLZE365AGBZNIVZXZM4"],"account_server_url":"http://localhost:9090/jwt/v1","operator_service_urls":["nats://localhost:4222","tls://h:1"],"system_account":"AAU2ZOXBIG6MV4FSFYNJJU2NBPDTMHSSNUF74EWIS6KLZEZCSZW5OICT","assert_server_version":"2.10.0","strict_signing_key_usage":true,"tags":["one","two"],"type":"operator","version":2}}',
    signature: "eaDxPUkVO6FIC1WV1b77LUD1BaIZe7U7N8OdRwOaMAmYMSczJQG1eLqHbkHBGR7AlDn_cNmHfuSxzM4L19ZoAg",
  },
  {
    name: "ac-min",
    signedBy: "operator",
    payload:
      '{"jti":"2U6Y3EIVNB3ULLC6IK4UIISNFJFGCGTX57VKDEZ3RQ6H4NUE3YMA","iat":1700000000,"iss":"OAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZVT","name":"A","sub":"AAU2ZOXBIG6MV4FSFYNJJU2NBPDTMHSSNUF74EWIS6KLZEZCSZW5OICT","nats":{"limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"conn":-1,"leaf":-1},"default_permissions":{"pub":{},"sub":{}},"authorization":{},"type":"account","version":2}}',
    signature: "p5P-kqT6VXQhLLZD_ofkUpk4mZiKjXysmBQ4Wnq224hGx5e28dSfnfeWfxXL6A_xHhYO00A1n7a27Jrd9AEgAg",
  },
  {
    name: "ac-full",
    signedBy: "operator",
    payload: String.raw`{"jti":"SK7TDIVM4QSGHWKKNQXV6WUPRE3ODQBGOI7MECITGYARP5FEMYFA","iat":1700000000,"iss":"OAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZVT","name":"A \u0026 \u003cB\u003e","sub":"AAU2ZOXBIG6MV4FSFYNJJU2NBPDTMHSSNUF74EWIS6KLZEZCSZW5OICT","nats":{"imports":[{"subject":"r.*","account":"AASUHOJP6EEVKEKHNLOIG2O3NXOJGNTFUEMXRXNBIBHOCBTMVFKZ2FFY","local_subject":"r.$1","type":"service","share":true},{"name":"imp","subject":"s.\u003e","account":"AASUHOJP6EEVKEKHNLOIG2O3NXOJGNTFUEMXRXNBIBHOCBTMVFKZ2FFY","local_subject":"l.\u003e","type":"stream","allow_trace":true}],"exports":[{"subject":"a","type":"stream","revocations":{"*":5,"AAU2ZOXBIG6MV4FSFYNJJU2NBPDTMHSSNUF74EWIS6KLZEZCSZW5OICT":7}},{"name":"svc","subject":"q.*.\u003e","type":"service","token_req":true,"response_type":"Stream","response_threshold":1000000000,"service_latency":{"sampling":"headers","results":"lat"},"account_token_position":2,"advertise":true,"allow_trace":true,"description":"d","info_url":"https://x.y/z"}],"limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"disallow_bearer":true,"conn":-1,"leaf":-1,"tiered_limits":{"R1":{},"R3":{"mem_storage":-1,"disk_storage":9007199254740993,"streams":1,"consumer":2,"max_ack_pending":3,"mem_max_stream_bytes":4,"disk_max_stream_bytes":5,"max_bytes_required":true}}},"signing_keys":[{"kind":"user_scope","key":"AASUHOJP6EEVKEKHNLOIG2O3NXOJGNTFUEMXRXNBIBHOCBTMVFKZ2FFY","role":"r","template":{"pub":{"allow":["{{name()}}.\u003e"]},"sub":{},"subs":-1,"data":-1,"payload":-1,"bearer_token":true,"allowed_connection_types":["STANDARD"]},"description":""},"ACF3ATQ4DOB53XZRD5N43X34KDW6HQEAF5D6Y6LOFIJRZ5ASTDM7HHIW"],"revocations":{"*":1600000000,"UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3":1650000000},"default_permissions":{"pub":{"allow":["a"]},"sub":{"deny":["b q"]},"resp":{"max":1,"ttl":5000000000}},"mappings":{"b":null,"m.*":[{"subject":"n.$1","weight":50,"cluster":"east"},{"subject":"o"}]},"authorization":{"auth_users":["UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3"],"allowed_accounts":["*"],"xkey":"XDOCZSRR5DSDXPMR3736I5OMUM2H5NDYCB6VXV3FVOSK4SRQYNOUIAJX"},"trace":{"dest":"t","sampling":10},"cluster_traffic":"owner","description":"desc","info_url":"http://h/p","tags":["t"],"type":"account","version":2}}`,
    signature: "ErUXxvOYMop4v1OKm47wZQsYI2JEE8wvKszfEqDuY3U1NkTjeGu6pMB4NFSYNmV578lBm9nu1wYkxyVcBRg9Bw",
  },
  {
    name: "user-min",
    signedBy: "account",
    payload:
      '{"jti":"USTONNS7EOQPYZQ2JHPH4BZBLDW7ZPRLVCRP4X2RH5YMWCSAN6XA","iat":1700000000,"iss":"AAU2ZOXBIG6MV4FSFYNJJU2NBPDTMHSSNUF74EWIS6KLZEZCSZW5OICT","name":"U","sub":"UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3","nats":{"pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1,"type":"user","version":2}}',
    signature: "Q1R5UWYrvFJclYu5s8bRem64jXbWCbi8I0X7ZMtGbFB5mi95c8MaDbKr_ASu2dIGo7mAsBP0JjoEGqD2gxqsDA",
  },
  {
    name: "user-scoped",
    signedBy: "accountSK",
    payload:
      '{"jti":"43GWBICIHO7YN5VKLVPBALTAJB3DDDOA7H2OWMA4YIFX4B4CJVTQ","iat":1700000000,"iss":"ACF3ATQ4DOB53XZRD5N43X34KDW6HQEAF5D6Y6LOFIJRZ5ASTDM7HHIW","sub":"UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3","nats":{"pub":{},"sub":{},"issuer_account":"AAU2ZOXBIG6MV4FSFYNJJU2NBPDTMHSSNUF74EWIS6KLZEZCSZW5OICT","type":"user","version":2}}',
    signature: "IhJPTOTxEE2ANe2tDCJj-bmRnb3WKqYLpLHyWrlaCDJiJ8TFxFCsxivhVUyqgYUgmHMF3DeCaiBiF-Zk-O-NBA",
  },
  {
    name: "user-full",
    signedBy: "accountSK",
    payload: String.raw`{"jti":"IIHFM35YCSSNFPUVYFEXQQCKJVZVJTBVB4UQXOMUID4KEYHU7YIA","iat":1700000000,"iss":"ACF3ATQ4DOB53XZRD5N43X34KDW6HQEAF5D6Y6LOFIJRZ5ASTDM7HHIW","name":"U","sub":"UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3","nats":{"pub":{"allow":["p.\u003e"]},"sub":{"deny":["x q"]},"resp":{"max":0,"ttl":0},"src":["192.0.2.0/24","::1/128"],"times":[{"start":"01:00:00","end":"02:00:00"}],"times_location":"Europe/Berlin","data":-1,"payload":10,"bearer_token":true,"proxy_required":true,"allowed_connection_types":["STANDARD","MQTT"],"issuer_account":"AAU2ZOXBIG6MV4FSFYNJJU2NBPDTMHSSNUF74EWIS6KLZEZCSZW5OICT","tags":["k:v"],"type":"user","version":2}}`,
    signature: "iM9GOP5Lr54Dwxx-_JNcdoiy-sVl_WQnwGwyCmusTvg1nY2ak7OdsWldZ7rBOpaalv590TtO1_XOZ_Vxs4IXAw",
  },
  {
    name: "activation",
    signedBy: "accountSK",
    payload:
      '{"jti":"7HLHI2F7ILFWXSN6HIF3W75VZD6JHROM5J4BXOEB7MVFHCWRQ6QA","iat":1700000000,"iss":"ACF3ATQ4DOB53XZRD5N43X34KDW6HQEAF5D6Y6LOFIJRZ5ASTDM7HHIW","name":"act","sub":"AAU2ZOXBIG6MV4FSFYNJJU2NBPDTMHSSNUF74EWIS6KLZEZCSZW5OICT","nats":{"subject":"foo.*","kind":"stream","issuer_account":"AASUHOJP6EEVKEKHNLOIG2O3NXOJGNTFUEMXRXNBIBHOCBTMVFKZ2FFY","type":"activation","version":2}}',
    signature: "ui1ahJu2Xqz4POuVQQgXtCeDoQRfEJhRXLjjXnloqHOpRHn2hmMrXzgUmC7GxfxX8ZWlZ7xHwd8xb8ssDXpGAA",
  },
  {
    name: "activation-empty",
    signedBy: "accountSK",
    payload:
      '{"jti":"BFPQSURSHIAZ6IIMMZE4FJAEVRXSMEHSCXN5SXK2LGPONI3PWYWQ","iat":1700000000,"iss":"ACF3ATQ4DOB53XZRD5N43X34KDW6HQEAF5D6Y6LOFIJRZ5ASTDM7HHIW","sub":"AAU2ZOXBIG6MV4FSFYNJJU2NBPDTMHSSNUF74EWIS6KLZEZCSZW5OICT","nats":{"type":"activation","version":2}}',
    signature: "h997DfD1IvRiqM_Kwp7OGqUM-4nBxDop1-uvVEQwt6bUsJjp3hnFBazxOJd553YOQomKY67FVHV8NKkRGCweBg",
  },
  {
    name: "authreq-min",
    signedBy: "server",
    payload:
      '{"jti":"GFWCORQBVRQBJW5XUTCPRPXGI6O6FVEZLRBA2OGZFXXPWQFQDNNA","iat":1700000000,"iss":"NDGRJM37SVXJKMMU7573OOZ5QHOMKYOWDJ2TQCKLPQ7BUZB64XZ2VBIW","sub":"UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3","nats":{"server_id":{"name":"","host":"","id":""},"user_nkey":"","client_info":{},"connect_opts":{"protocol":0},"type":"authorization_request","version":2}}',
    signature: "w80kMIer2y-IoNj9Gk6ZTyBSMULwQVh_apkN8DF61A72IEl11taPG9cNm3aqmfAKPltojaVI3EMyoLHOva82Aw",
  },
  {
    name: "authreq-full",
    signedBy: "server",
    payload:
      '{"aud":"nats-authorization-request","jti":"3XO2IIPTRQSYQZTGMM2SF7553RGWPVQIIJ5J7JRAZ47UQPHQI27Q","iat":1700000000,"iss":"NDGRJM37SVXJKMMU7573OOZ5QHOMKYOWDJ2TQCKLPQ7BUZB64XZ2VBIW","sub":"UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3","nats":{"server_id":{"name":"n","host":"0.0.0.0","id":"NDGRJM37SVXJKMMU7573OOZ5QHOMKYOWDJ2TQCKLPQ7BUZB64XZ2VBIW","version":"2.10","cluster":"c","tags":["t"],"xkey":"XDOCZSRR5DSDXPMR3736I5OMUM2H5NDYCB6VXV3FVOSK4SRQYNOUIAJX"},"user_nkey":"UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3","client_info":{"host":"127.0.0.1","id":18446744073709551615,"user":"u","name":"cn","tags":["x"],"name_tag":"nt","kind":"Client","type":"nats","mqtt_id":"m","nonce":"nn"},"connect_opts":{"jwt":"j","nkey":"k","sig":"s","auth_token":"t","user":"u","pass":"p","name":"n","lang":"go","version":"1","protocol":1},"client_tls":{"version":"1.3","cipher":"c","certs":["c1"],"verified_chains":[["a"],null,[]]},"request_nonce":"rn","type":"authorization_request","version":2}}',
    signature: "MjSaCbGWRWCUS3daisjGdw4A1kpRWMmUkWAJFPQLNmsBvMU9qzhqX4wqnNfZpOmPF46a6CZRuu50gng1vr8CCA",
  },
  {
    name: "authresp",
    signedBy: "account",
    payload:
      '{"aud":"NDGRJM37SVXJKMMU7573OOZ5QHOMKYOWDJ2TQCKLPQ7BUZB64XZ2VBIW","jti":"F4SIEIMMHU7LG3ANRR2RMG5UERKRKJCVSAZET57TDOOX422URZCQ","iat":1700000000,"iss":"AAU2ZOXBIG6MV4FSFYNJJU2NBPDTMHSSNUF74EWIS6KLZEZCSZW5OICT","sub":"UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3","nats":{"jwt":"jj","error":"e","issuer_account":"AAU2ZOXBIG6MV4FSFYNJJU2NBPDTMHSSNUF74EWIS6KLZEZCSZW5OICT","type":"authorization_response","version":2}}',
    signature: "jPCG07iixg6hzl0pqSGMFE9f8drhEo5gsWDbOZlo1e2W0VT0nE_wPyRq3sorNzlkCnVosE4DnWa28tfaeYaTBw",
  },
  {
    name: "generic",
    signedBy: "user",
    payload: String.raw`{"jti":"SYLY2O6OYFCDCVXVII5QNZIBY2KWEKUG7PXOVJQEMJQUQ3RANITQ","iat":1700000000,"iss":"UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3","sub":"anything","nats":{"a":[1.5,"\u003c\u003e\u0026\u2028\u0001\b\f\n\"\\/é😀",null,true,1e+21,1e-7,123456789012345680000,-0,{"a":2,"b":1}],"version":2,"z":1,"�":2,"😀":1}}`,
    signature: "4-okjkK932lQqFzQZMdAiKFXj2YglEcnfIS4RmKUmFPMN3Yjumj1_JTyI4K0QAbMlVgM1tUfMJifswWBzBGwAQ",
  },
  {
    name: "generic-nil",
    signedBy: "cluster",
    payload:
      '{"jti":"LJZ33EQ35H3WPGXXCGBEQEGU5PR7VQ2N7HT4HUHBYKLITBLHKZHA","iat":1700000000,"iss":"CBH5BGOM2R6XRE675HWCIQKOZMGZWVBAEMVK2MGZDRDFXYZ4XZS4J2ZL","sub":"x"}',
    signature: "DRHbNJimI4k6yUxzmg5AcuiGpvv17Expedx66qpXdLAtNz8LZYfQPDrEWAnT2w6SRgikRHJlVB47Rdn3Kg9iCg",
  },
];
