/** A replica of one service, or every process on a machine: replicas of the same number share one. */
export interface Place {
  /** Unset for the whole machine. */
  service?: string;
  replica: number;
}

/** Whether a process such as `orders 2` is there. In one process for all, every service is. */
export function isAt({ service, replica }: Place, process: string): boolean {
  const [name, number] = process.split(' ');
  const isOf = service === undefined || name === 'marketplace' || name === service;
  return isOf && Number(number) === replica + 1;
}
