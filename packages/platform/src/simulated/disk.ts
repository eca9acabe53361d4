import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { currentStory } from '@fairseat/common/context';
import { openFile, type StoreFile } from '../embedded/file.ts';
import type { Environment } from './environment.ts';
import type { Luck } from './luck.ts';
import type { Member } from './process.ts';
import { RowLog } from './row-log.ts';
import type { Dropping, Noted, Saved } from './told.ts';

/** The most statements that succeed in a transaction before it is refused. */
const MOST_STATEMENTS = 6;
/** The chance that a read fails, as a share of `unavailable`. */
const READS_THAT_FAIL = 0.1;
const BROKEN = { errcode: 10, message: 'disk I/O error' };
const FULL = { errcode: 13, message: 'database or disk is full' };

const isEvent = (saved: Saved[number]) => 'table' in saved && saved.table === 'event_log';

let disks = 0;

/** Committed data survives every process. Transactions fail now and then, as on a real disk. */
export class Disk {
  readonly #environment: Environment;
  readonly #uri = `file:/simulated-${++disks}?vfs=memdb`;
  /** Keeps the file in memory, which exists only while a connection is open. */
  readonly #keeper = new DatabaseSync(this.#uri);

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#keeper.exec('PRAGMA user_version');
  }

  /** Opens the file for the life of a process. `onCommit` receives saved changes and notes, in order. */
  open(member: Member, onCommit: (saved: Saved) => void): Drive {
    const { db, lastSeq } = openFile(this.#uri);
    member.onEnd(() => {
      if (db.isOpen) db.close();
    });
    return new Drive({ db, lastSeq }, member, this.#environment, onCommit);
  }
}

/** Statements that never fail. */
const UNDOING = ['ROLLBACK', 'SAVEPOINT', 'RELEASE'];

type Run = () => ReturnType<StatementSync['run']>;

/** One process' connection to the disk. The store's statements may fail, and their writes are recorded. */
export class Drive {
  readonly file: StoreFile;
  readonly #member: Member;
  readonly #environment: Environment;
  readonly #onCommit: (saved: Saved) => void;
  readonly #rows: RowLog;
  readonly #rollback: StatementSync;
  #hasNewTables = true;
  /** True when rows have changed since they were last read. */
  #hasChanges = false;
  #luck: Luck;
  readonly #readingLuck: Luck;
  /** The statements that still succeed in the transaction under way. */
  #statementsLeft = Number.POSITIVE_INFINITY;
  #pending: Saved = [];

  constructor(
    file: StoreFile,
    member: Member,
    environment: Environment,
    onCommit: (saved: Saved) => void,
  ) {
    this.file = file;
    this.#member = member;
    this.#environment = environment;
    this.#onCommit = onCommit;
    this.#rows = new RowLog(file.db);
    this.#rollback = file.db.prepare('ROLLBACK');
    this.#luck = environment.scopes.of('disk').next();
    this.#readingLuck = environment.scopes.of('reading').next();
    this.#listenIn(file.db);
  }

  get isInTransaction() {
    return this.#member.isAlive && this.file.db.isTransaction;
  }

  /** Records a note with the transaction under way, and only if that is committed; at once when there is none. */
  note(noted: Noted | Dropping) {
    if (this.isInTransaction) this.#pending.push(...this.#changes(), noted);
    else if (this.#member.isAlive) this.#onCommit([noted]);
  }

  #listenIn(db: DatabaseSync) {
    const exec = db.exec.bind(db);
    const prepare = db.prepare.bind(db);
    db.exec = (sql) => {
      this.#hasNewTables = true;
      exec(sql);
    };
    db.prepare = (sql) => {
      const statement = prepare(sql);
      const [command = ''] = sql.split(' ');
      if (UNDOING.includes(command)) return statement;
      if (/^SELECT body(, version, written)? FROM/.test(sql)) this.#mayFail(statement);
      const run = statement.run.bind(statement) as (...values: unknown[]) => ReturnType<Run>;
      statement.run = (...values: unknown[]) => this.#run(command, () => run(...values));
      return statement;
    };
  }

  /** Makes reads of records fail. After other failed reads a process could only end. */
  #mayFail(statement: StatementSync) {
    for (const name of ['get', 'all', 'iterate'] as const) {
      const read = statement[name].bind(statement) as (...values: unknown[]) => never;
      statement[name] = (...values: unknown[]) => {
        const { unavailable } = this.#environment.weather;
        if (this.#readingLuck.chance(unavailable * READS_THAT_FAIL)) throw this.#failure(BROKEN);
        return read(...values);
      };
    }
  }

  #run(command: string, run: Run) {
    if (command === 'COMMIT') return this.#commit(run);
    if (command === 'BEGIN') this.#begin();
    if (this.#statementsLeft === 0) this.#refuse();
    this.#statementsLeft -= 1;
    const done = run();
    this.#hasChanges = true;
    // A write outside of a transaction is committed by itself.
    if (!this.isInTransaction) this.#onCommit(this.#changes());
    return done;
  }

  #changes(): Saved {
    if (!this.#hasChanges) return [];
    this.#hasChanges = false;
    return this.#rows.take();
  }

  #begin() {
    const { scopes, weather } = this.#environment;
    this.#pending = [];
    this.#luck = scopes.of('disk').next();
    if (this.#hasNewTables) this.#rows.watch();
    this.#hasNewTables = false;
    const isAway = this.#environment.outageUntil('tables', 'disk', { isWrite: true }) !== undefined;
    const isRefused = this.#luck.chance(weather.unavailable) || isAway;
    const statements = this.#luck.between(0, MOST_STATEMENTS);
    this.#statementsLeft = isRefused ? statements : Number.POSITIVE_INFINITY;
  }

  #commit(run: Run) {
    if (Number.isFinite(this.#statementsLeft)) this.#refuse();
    this.#pending.push(...this.#changes());
    const isDoomed = this.#member.isDoomed && this.#pending.some(isEvent);
    if (isDoomed && this.#luck.chance(0.5)) this.#die();
    const done = run();
    this.#onCommit(this.#pending);
    if (isDoomed) this.#die();
    return done;
  }

  /** SQLite ends the transaction by itself after some errors and leaves it open after others. */
  #refuse(): never {
    const refusal = this.#luck.chance(0.5) ? FULL : BROKEN;
    if (this.#luck.chance(0.5) && this.isInTransaction) this.#rollback.run();
    this.#statementsLeft = Number.POSITIVE_INFINITY;
    throw this.#failure(refusal);
  }

  #failure({ errcode, message }: typeof BROKEN) {
    const happening = { kind: 'fault', what: 'disk refuses', where: message } as const;
    this.#onCommit([{ happening, story: currentStory()?.correlationId }]);
    return Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode });
  }

  /** Ends the process. The platform gets an error, but whatever it does then reaches nothing. */
  #die(): never {
    this.#member.crashInCommit();
    throw new Error('The process has crashed.');
  }
}
