package io.github.affect4j.doctor;

/**
 * Something a user should know, and what to do about it.
 *
 * @param level how bad it is
 * @param subject what it is about, a word or two
 * @param observation what was found
 * @param advice what to do; empty if there is nothing to do
 */
public record Finding(Level level, String subject, String observation, String advice) {
  /** How bad a finding is. */
  public enum Level {
    /** Good to know. */
    NOTE,
    /** Works, but slowly or only partly. */
    WARNING,
    /** Something cannot work. */
    PROBLEM
  }

  static Finding note(String subject, String observation, String advice) {
    return new Finding(Level.NOTE, subject, observation, advice);
  }

  static Finding warning(String subject, String observation, String advice) {
    return new Finding(Level.WARNING, subject, observation, advice);
  }

  static Finding problem(String subject, String observation, String advice) {
    return new Finding(Level.PROBLEM, subject, observation, advice);
  }
}
