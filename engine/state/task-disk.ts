import type { StateStorage, TaskStorage } from './port.ts'

/**
 * Opens what a disk has of a task, for a state that is to be brought up by the changelog. Rows without a sequence are
 * of a first write that was cut off. They are dropped: a changelog that is swept may have let go of them and of their
 * removal since, so that nothing in it would ever take them away. Where the changelog is whole, it makes them again.
 */
export const openTaskDisk = async (state: StateStorage, taskId: string): Promise<TaskStorage> => {
  const disk = await state.open(taskId)
  if (disk.sequence() > 0) return disk
  await disk.close()
  await state.drop(taskId)
  return state.open(taskId)
}
