package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.io.InputException;
import io.github.affect4j.task.ModelSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
  @TempDir Path out;

  @Test
  void optionsComeBackAndWhatIsNoTextIsNamed() throws IOException {
    RunFolder run = new RunFolder(out, ModelSpec.MTL);
    run.writeOptions(Hyperparameters.paper());
    assertEquals(Hyperparameters.paper(), run.readOptions().orElseThrow());
    Path options = Files.write(run.path().resolve("options.json"), new byte[] {'{', '"', (byte) 0xff, '"', '}'});
    InputException e = assertThrows(InputException.class, run::readOptions);
    assertTrue(e.getMessage().startsWith(options + ": cannot be read: Invalid UTF-8"), e.getMessage());
  }
}
