package freshet.peer;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** Watches, from outside, how far a group has committed: offsets of open transactions do not count. */
final class Progress implements AutoCloseable {
  private static final long POLL_MS = 20;

  private final Admin admin;
  private final String group;
  private final Map<TopicPartition, Long> ends;

  /** Takes note of where the topic ends now. */
  Progress(String brokers, String group, String topic) throws Exception {
    this.group = group;
    final Properties settings = new Properties();
    settings.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
    admin = Admin.create(settings);
    final Collection<TopicPartition> partitions = admin.describeTopics(List.of(topic)).allTopicNames().get()
        .get(topic).partitions().stream().map(each -> new TopicPartition(topic, each.partition())).toList();
    final Map<TopicPartition, OffsetSpec> latest =
        partitions.stream().collect(Collectors.toMap(Function.identity(), each -> OffsetSpec.latest()));
    ends = admin.listOffsets(latest).all().get().entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, each -> each.getValue().offset()));
  }

  /** Resolves with the time, by `System.nanoTime`, when everything was seen committed. */
  long awaitCommitted() throws Exception {
    while (!isCommitted()) Thread.sleep(POLL_MS);
    return System.nanoTime();
  }

  private boolean isCommitted() throws Exception {
    final var committed = admin
        .listConsumerGroupOffsets(group, new ListConsumerGroupOffsetsOptions().requireStable(true))
        .partitionsToOffsetAndMetadata().get();
    return ends.entrySet().stream().allMatch(end -> {
      final var offset = committed.get(end.getKey());
      return end.getValue() == 0 || (offset != null && offset.offset() >= end.getValue());
    });
  }

  @Override
  public void close() {
    admin.close();
  }
}
