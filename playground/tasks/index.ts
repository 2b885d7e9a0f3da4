// The tasks by name.
import type { TaskName, TaskSettings } from '../settings/fields.ts';
import { addingTask } from './adding.ts';
import { copyTask } from './copy.ts';
import { csvTask } from './csv.ts';
import { orderTask } from './order.ts';
import { sineTask } from './sine.ts';
import type { Task } from './task.ts';
import { textTask } from './text.ts';

const tasks: Readonly<Record<TaskName, (settings: TaskSettings, data: string) => Task>> = {
  text: textTask,
  adding: addingTask,
  copy: copyTask,
  order: orderTask,
  sine: sineTask,
  csv: csvTask,
};

/**
 * The task that the settings name. The same settings and data always give the same task.
 *
 * @param data The text or CSV of one's own for the tasks that learn from one; empty for what comes with the page.
 * @throws Error (mostly a BpttError) when the data cannot be read or is too short.
 */
export function createTask(settings: TaskSettings, data: string): Task {
  return tasks[settings.task](settings, data);
}
