package freshet.peer;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/**
 * The row of a (user, author) pair: 24 decayed counters, eight signals by three half-lives, as float32s beside
 * the time they are of: 104 bytes, changed in place.
 */
final class DecayedCounters {
  static final int ROW_BYTES = Long.BYTES + 24 * Float.BYTES;
  private static final int VIEWED = 0;
  private static final int CLICKED = 1;
  private static final int LOOKED = 2;
  private static final int LIKED = 3;
  private static final int COMMENTED = 4;
  private static final int SHARED = 5;
  private static final int NEGATIVE = 6;
  private static final int SKIPPED = 7;
  private static final int SIGNALS = 8;
  private static final double[] DECAY_PER_MS = {
    Math.log(2) / TimeUnit.MINUTES.toMillis(30),
    Math.log(2) / TimeUnit.DAYS.toMillis(1),
    Math.log(2) / TimeUnit.DAYS.toMillis(30),
  };
  private static final int[] SIGNAL_OF_KIND = new int[Reaction.kinds()];

  static {
    for (int kind = 0; kind < SIGNAL_OF_KIND.length; kind++) SIGNAL_OF_KIND[kind] = signalOf(Reaction.nameOf(kind));
  }

  private DecayedCounters() {}

  /** The row with a reaction added; `row` is null for a pair that has none. */
  static byte[] with(byte[] row, Reaction reaction) {
    final byte[] counted = row == null ? new byte[ROW_BYTES] : row;
    final ByteBuffer buffer = ByteBuffer.wrap(counted);
    final long since = row == null ? reaction.at : buffer.getLong(0);
    final long now = Math.max(since, reaction.at);
    final int signal = SIGNAL_OF_KIND[reaction.kind];
    final double looked = signal == LOOKED ? reaction.value / TimeUnit.SECONDS.toMillis(1) : 1;
    final double weight = reaction.undo ? -looked : looked;
    buffer.putLong(0, now);
    for (int life = 0; life < DECAY_PER_MS.length; life++) {
      final double kept = Math.exp(-DECAY_PER_MS[life] * (now - since));
      final double added = weight * Math.exp(-DECAY_PER_MS[life] * (now - reaction.at));
      for (int each = 0; each < SIGNALS; each++) {
        final int at = Long.BYTES + (life * SIGNALS + each) * Float.BYTES;
        final double before = buffer.getFloat(at) * kept;
        buffer.putFloat(at, (float) (each == signal ? before + added : before));
      }
    }
    return counted;
  }

  private static int signalOf(String kind) {
    return switch (kind) {
      case "view" -> VIEWED;
      case "click", "profile_click", "follow_author", "connect_request" -> CLICKED;
      case "dwell", "watch" -> LOOKED;
      case "like" -> LIKED;
      case "comment" -> COMMENTED;
      case "share", "save" -> SHARED;
      case "skip" -> SKIPPED;
      default -> NEGATIVE;
    };
  }
}
