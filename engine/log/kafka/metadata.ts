import type { API } from '@platformatic/kafka'
import type { KafkaLibrary } from './library.ts'

const METADATA = 3
/** Kafka 3.9 and 4 both take it. */
const VERSION = 12

/** Topics by name; null stands for all. */
type MetadataRequest = [topics: string[] | null]
type MetadataResponse = ReturnType<KafkaLibrary['metadataV12']['parseResponse']>

/**
 * Who is there and who leads what. The library fails the whole answer for one partition of any topic that has no
 * leader just now; here that partition alone has a code.
 */
export const metadataApi = (library: KafkaLibrary): API<MetadataRequest, MetadataResponse> => {
  const { createRequest, parseResponse } = library.metadataV12
  return library.createAPI<MetadataRequest, MetadataResponse>(
    METADATA,
    VERSION,
    createRequest,
    (...answer) => {
      try {
        return parseResponse(...answer)
      } catch (error) {
        if (!(error instanceof library.ResponseError)) throw error
        return error['response'] as MetadataResponse
      }
    },
  )
}
