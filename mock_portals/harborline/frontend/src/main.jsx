import { createTheme, ThemeProvider } from "@mui/material/styles";
import { LocalizationProvider } from "@mui/x-date-pickers/LocalizationProvider";
import { AdapterDayjs } from "@mui/x-date-pickers/AdapterDayjs";
import { createRoot } from "react-dom/client";
import { Application } from "./Application.jsx";
import { Shell } from "./Shell.jsx";
import { SignedOut, SignIn } from "./SignIn.jsx";

const theme = createTheme({
  palette: { primary: { main: "#0d5c63" }, secondary: { main: "#c2541b" }, background: { default: "#f4f1ea" } },
  shape: { borderRadius: 10 },
  typography: { fontFamily: '"Avenir Next", "Segoe UI", "Noto Sans", system-ui, sans-serif', button: { textTransform: "none", fontWeight: 600 } },
  components: {
    MuiButtonBase: { defaultProps: { disableRipple: true } },
    MuiOutlinedInput: { styleOverrides: { root: { backgroundColor: "#fff" } } },
  },
});

const app = document.body.dataset.app;
const PARTS = { signin: SignIn, shell: Shell, signedout: SignedOut };
const Part = PARTS[app] ?? Application;

createRoot(document.getElementById("root")).render(
  <ThemeProvider theme={theme}>
    <LocalizationProvider dateAdapter={AdapterDayjs}>
      <Part app={app} />
    </LocalizationProvider>
  </ThemeProvider>,
);
