/** Rendered lines whose loss weakens nothing, with the reason: the measurement of mutations leaves them out. */

/** Lines of the files whose path matches. */
export interface HarmlessLines {
  readonly path: RegExp;
  readonly line: RegExp;
  readonly because: string;
}

export const HARMLESS_LINES: readonly HarmlessLines[] = [
  { path: /./, line: /^\s*([#;].*)?$/, because: "a comment, or nothing" },
  { path: /./, line: /^\s*[{}[\]],?\s*$/, because: "a bracket: without it the file has no meaning, and its own checker refuses it" },
  { path: /\.(service|timer|mount|slice)$/, line: /^Description=/, because: "what systemctl shows of a unit" },
  { path: /\.timer$/, line: /^RandomizedDelaySec=/, because: "when within two minutes a job starts" },
  {
    path: /\.rules$/,
    line: /^:\S+ - \[0:0\]$/,
    because: "a chain is made: a rule that names one that is not there is refused when the rules are loaded",
  },
  { path: /\.rules$/, line: /^COMMIT$/, because: "without it nothing is loaded, and ufw reports it" },
  {
    path: /motd$|\/sshd_config\.d\//,
    line: /^(PrintMotd|DebianBanner|TCPKeepAlive|UseDNS|Compression|Port) /,
    because: "what is shown, and how connections are kept",
  },
  {
    path: /nginx\.conf$/,
    line: /^\s*(worker_\w+|events|multi_accept|sendfile|tcp_nopush|tcp_nodelay|types_hash_max_size|pid|keepalive\w*|default_type|include mime)/,
    because: "speed",
  },
  { path: /errors\.conf$/, line: /^\s*(default_type|return \d+ ')/, because: "the text of an error" },
  { path: /timesyncd/, line: /^(NTP|FallbackNTP)=/, because: "which servers tell the time: checked on the running host" },
  {
    path: /postgresql\.conf$/,
    line: /^(max_connections|shared_buffers|work_mem|effective_cache_size|dynamic_shared_memory_type|timezone|log_timezone|lc_\w+|datestyle|default_text_search_config)/i,
    because: "speed, language and time",
  },
];
