import type { ModelRecord, RegisteredModel } from '../../models/registry/record.ts'
import { ask } from '../http/client.ts'
import { answered, baseOf } from '../inspect/remote.ts'
import type { ModelAdmin, ModelList, Promotion } from './admin.ts'

/** The registry of a running `freshet up`, through its admin routes. */
export class RemoteModels implements ModelAdmin {
  private readonly base: string

  /** `url` is the server's, such as `http://127.0.0.1:8080`. */
  constructor(url: string) {
    this.base = `${baseOf(url)}/admin/v1/models`
  }

  async list(): Promise<ModelList> {
    return answered(await ask(this.base)) as ModelList
  }

  async promote(promotion: Promotion): Promise<ModelRecord> {
    return this.post('promote', promotion)
  }

  async rollback(model: RegisteredModel, reason: string): Promise<ModelRecord> {
    return this.post('rollback', { model, reason })
  }

  async shadow(model: RegisteredModel, version: string | null, share?: number): Promise<ModelRecord | null> {
    return this.post('shadow', version === null ? { model } : { model, version, share })
  }

  /** The other side is this program: its answers are taken at their word. */
  private async post<Answer>(path: string, body: object): Promise<Answer> {
    const bytes = Buffer.from(JSON.stringify(body))
    return answered(await ask(`${this.base}/${path}`, { type: 'application/json', bytes })) as Answer
  }
}
