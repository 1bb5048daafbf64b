package freshet.peer;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.Stores;

/**
 * The user-author part of Freshet's affinity as one would write it with Kafka Streams: reactions in, 24 decayed
 * counters a (user, author) pair in a RocksDB store with its changelog, exactly once. Reads the topic from its
 * beginning to the end it had at the start and prints one line of JSON: events, keys, and, from the first record
 * processed to the commit of the last, milliseconds and those of this process's processor time.
 */
public final class UserAuthorPeer {
  private static final String STORE = "user-author";
  private static final AtomicLong FIRST_NANOS = new AtomicLong();
  private static final AtomicLong FIRST_PROCESSOR_NANOS = new AtomicLong();
  private static final AtomicLong PROCESSED = new AtomicLong();
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private UserAuthorPeer() {}

  public static void main(String[] args) throws Exception {
    final Map<String, String> options = Options.parse(args);
    final String group = options.get("application");
    try (Progress progress = new Progress(options.get("brokers"), group, options.get("topic"));
        KafkaStreams streams = new KafkaStreams(topology(options), settings(options))) {
      streams.setUncaughtExceptionHandler(failure -> {
        failure.printStackTrace();
        System.exit(1);
        return null;
      });
      streams.start();
      final long lastNanos = progress.awaitCommitted();
      final long processorNanos = SYSTEM.getProcessCpuTime() - FIRST_PROCESSOR_NANOS.get();
      System.out.printf(
          "{\"events\":%d,\"keys\":%d,\"ms\":%d,\"processorMs\":%d}%n",
          PROCESSED.get(), countKeys(streams), millis(lastNanos - FIRST_NANOS.get()), millis(processorNanos));
    }
    System.exit(0);
  }

  private static long millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }

  private static Topology topology(Map<String, String> options) {
    final var store = Stores.keyValueStoreBuilder(
        Stores.persistentKeyValueStore(STORE), Serdes.ByteArray(), Serdes.ByteArray());
    return new Topology()
        .addSource("reactions", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), options.get("topic"))
        .addProcessor("user-author", Counting::new, "reactions")
        .addStateStore(Boolean.parseBoolean(options.get("caching")) ? store.withCachingEnabled() : store, "user-author");
  }

  private static Properties settings(Map<String, String> options) {
    final Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, options.get("application"));
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, options.get("brokers"));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, options.get("state"));
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, options.get("threads"));
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, options.get("commit-ms"));
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    // Changelog records outnumber what a default batch of 16 KiB is meant for.
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), options.get("batch-bytes"));
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), options.get("poll-records"));
    return settings;
  }

  private static long countKeys(KafkaStreams streams) {
    final var rows = streams.store(
        StoreQueryParameters.fromNameAndType(STORE, QueryableStoreTypes.<byte[], byte[]>keyValueStore()));
    long keys = 0;
    try (KeyValueIterator<byte[], byte[]> all = rows.all()) {
      for (; all.hasNext(); all.next()) keys++;
    }
    return keys;
  }

  private static final class Counting implements Processor<byte[], byte[], Void, Void> {
    private final Reaction reaction = new Reaction();
    private KeyValueStore<byte[], byte[]> rows;

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      rows = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> message) {
      if (FIRST_NANOS.get() == 0 && FIRST_NANOS.compareAndSet(0, System.nanoTime())) {
        FIRST_PROCESSOR_NANOS.set(SYSTEM.getProcessCpuTime());
      }
      reaction.over(message.value());
      PROCESSED.incrementAndGet();
      if (reaction.pair == null) return;
      rows.put(reaction.pair, DecayedCounters.with(rows.get(reaction.pair), reaction));
    }
  }
}
