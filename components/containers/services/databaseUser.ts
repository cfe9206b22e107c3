/** `uid:gid` that databases run as: `postgres` and `redis` of the images, by number. */
export const DATABASE_USER = "999:999";
