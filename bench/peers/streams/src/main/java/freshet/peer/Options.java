package freshet.peer;

import java.util.HashMap;
import java.util.Map;

/** Flags of the form `--name value`, and what stands for those left out. */
final class Options {
  private static final Map<String, String> DEFAULTS = Map.of(
      "threads", "2",
      "commit-ms", "100",
      "caching", "false",
      "batch-bytes", "262144",
      "poll-records", "10000");

  private Options() {}

  static Map<String, String> parse(String[] args) {
    final Map<String, String> options = new HashMap<>(DEFAULTS);
    for (int at = 0; at + 1 < args.length; at += 2) options.put(args[at].substring("--".length()), args[at + 1]);
    for (String name : new String[] {"brokers", "topic", "application", "state"}) {
      if (!options.containsKey(name)) throw new IllegalArgumentException("--" + name + " is missing");
    }
    return options;
  }
}
