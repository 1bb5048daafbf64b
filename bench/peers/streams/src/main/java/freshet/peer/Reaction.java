package freshet.peer;

/**
 * A reaction, decoded from the same bytes that Freshet decodes: Confluent's frame (magic byte, schema id), then
 * Avro of schemas/reactions/v1.avsc. Only what the counters need becomes a value; strings stay bytes.
 */
final class Reaction {
  private static final int FRAME_BYTES = 5;
  private static final int DOUBLE_BYTES = 8;
  private static final String[] KINDS = {
    "view", "click", "dwell", "watch", "like", "comment", "share", "save", "profile_click", "follow_author",
    "connect_request", "hide", "see_less", "report", "block_author", "skip"
  };

  /** User and author as one key, the user's length first; null when the user is not known. */
  byte[] pair;
  int kind;
  boolean undo;
  /** Milliseconds for dwell and watch, else 0. */
  double value;
  long at;

  private byte[] bytes;
  private int position;

  static String nameOf(int kind) {
    return KINDS[kind];
  }

  static int kinds() {
    return KINDS.length;
  }

  /** Reads a record's value into this object, which is used again and again. */
  Reaction over(byte[] record) {
    bytes = record;
    position = FRAME_BYTES;
    skipString();
    int userStart = 0;
    int userEnd = 0;
    final boolean known = varint() == 1;
    if (known) {
      final int length = (int) varint();
      userStart = position;
      userEnd = position += length;
    }
    skipString();
    final int authorLength = (int) varint();
    final int authorStart = position;
    position += authorLength;
    kind = (int) varint();
    undo = bytes[position++] != 0;
    value = 0;
    if (varint() == 1) value = littleEndianDouble();
    for (int optional = 0; optional < 3; optional++) if (varint() == 1) skipString();
    at = varint();
    pair = known ? pairOf(userStart, userEnd, authorStart, authorLength) : null;
    return this;
  }

  private byte[] pairOf(int userStart, int userEnd, int authorStart, int authorLength) {
    final int userLength = userEnd - userStart;
    final byte[] key = new byte[1 + userLength + authorLength];
    key[0] = (byte) userLength;
    System.arraycopy(bytes, userStart, key, 1, userLength);
    System.arraycopy(bytes, authorStart, key, 1 + userLength, authorLength);
    return key;
  }

  private void skipString() {
    final int length = (int) varint();
    position += length;
  }

  /** Avro's long: zigzag, seven bits a byte. */
  private long varint() {
    long raw = 0;
    for (int shift = 0; ; shift += 7) {
      final byte next = bytes[position++];
      raw |= (long) (next & 0x7f) << shift;
      if (next >= 0) break;
    }
    return (raw >>> 1) ^ -(raw & 1);
  }

  private double littleEndianDouble() {
    long raw = 0;
    for (int index = DOUBLE_BYTES - 1; index >= 0; index--) raw = raw << 8 | (bytes[position + index] & 0xff);
    position += DOUBLE_BYTES;
    return Double.longBitsToDouble(raw);
  }
}
