package format
import ("testing";"time";"context";"github.com/anishathalye/porcupine";"simrun/checker";"simrun/checker/models";"math")
func TestTmp(t *testing.T){
 for _,f:=range []string{"c50-ok","c50-bad"} {
  r,err:=read(t,"../../../../../work/shared/histories/porcupine/kv/"+f+".txt"); if err!=nil {t.Fatal(err)}
  m:=models.Texts
  var c checker.Checker
  b:=time.Now()
  got:=c.Check(&r.History,m.Model,checker.Options{})
  t.Log(f,got.Answer,got.Configurations,time.Since(b),got.Reason,len(got.Witness))
  parts := map[uint32][]porcupine.Operation{}
  for i := range r.History.Ops { o:=&r.History.Ops[i]; parts[o.Key]=append(parts[o.Key],porcupine.Operation{ClientId:int(o.Client),Input:o,Call:int64(o.Call),Return:int64(min(o.Return,math.MaxInt64))}) }
  for k,p:=range parts { b:=time.Now(); x:=porcupine.CheckOperationsTimeout(plainTexts(&r.History),p,2*time.Second); t.Log(k,len(p),x,time.Since(b)) }
 }
 _=context.Background
}
