/** CPU and wall time of this process between two moments. */
export class ProcessCost {
  readonly #cpu = process.cpuUsage();
  readonly #begin = process.hrtime.bigint();

  /** Seconds since it began. */
  get seconds(): number {
    return Number(process.hrtime.bigint() - this.#begin) / 1e9;
  }

  /** CPU time since it began, user and system, in microseconds. */
  get cpuMicroseconds(): number {
    const { user, system } = process.cpuUsage(this.#cpu);
    return user + system;
  }
}
