"""Sentences as people write them, with the pieces that tell who somebody is between ⟦kind: and ⟧; all made up."""

SENTENCES = """
Su RUT es ⟦rut:12.345.678-5⟧ según el cartel.
Dice que el rut del dueño es ⟦rut:12345678-5⟧
El dueño se llama Pedro, ⟦rut:7.654.321-6⟧.
Rut ⟦rut:11111111-1⟧, siempre bota escombros
Boleta a nombre de la empresa ⟦rut:76.543.210-3⟧
Encontré una boleta con RUN ⟦rut:9.876.543-3⟧
carnet ⟦rut:15.776.343-k⟧ tirado entre la basura
El papel decía ⟦rut:22222222-2⟧ y una dirección
Cédula ⟦rut:10.000.013-K⟧ botada
rut ⟦rut:123456785⟧ sin puntos ni guion
Es el ⟦rut:5.126.663-3⟧, lo anoté del recibo
RUT: ⟦rut:12.345.678-0⟧ (creo que el último número está mal)
Anoté ⟦rut:12 345 678-5⟧ del sobre
Lo vi con guion largo ⟦rut:12.345.678–5⟧
Llámalo al ⟦phone:+56 9 8765 4321⟧
Mi número es ⟦phone:987654321⟧ por si acaso
fono ⟦phone:9 8765 4321⟧ contesta en la tarde
Whatsapp ⟦phone:+56987654321⟧
El cartel dice ⟦phone:22 765 4321⟧
Oficina: ⟦phone:2 2765 4321⟧ en horario de oficina
Su celular es ⟦phone:09 8765 4321⟧
Contacto ⟦phone:56 9 8765 4321⟧ (vecino)
Fono ⟦phone:(32) 276 5432⟧ de Valparaíso
Avisar al ⟦phone:9-8765-4321⟧
el teléfono ⟦phone:87654321⟧ es del que retira escombros
Camión con letrero "fletes ⟦phone:9.8765.4321⟧"
Llamar ⟦phone:987 654 321⟧ a Rosa
tel: ⟦phone:27654321⟧
Escríbeme a ⟦email:rosa.perez@example.cl⟧
mi correo es ⟦email:juan_99@correo.example.com⟧, gracias
Reclamo hecho a ⟦email:reclamos+basura@example.org⟧.
Es ⟦email:pedro arroba ejemplo punto cl⟧ el que bota
correo: ⟦email:pedro(at)ejemplo.com⟧
Mandar fotos a ⟦email:VECINA@EXAMPLE.COM⟧
La camioneta ⟦plate:BBCL-34⟧ botó todo
patente ⟦plate:BBCL34⟧ color rojo
Un camión blanco ⟦plate:BB-CL-34⟧ viene los lunes
Auto gris ⟦plate:BB CL 34⟧ estacionado
vi la ⟦plate:hjkl-12⟧ anoche
placa ⟦plate:gh jk 12⟧ sin luces
Furgón antiguo ⟦plate:AB-1234⟧
Camión tolva ⟦plate:XY·12·34⟧ sin logo
patente ⟦plate:ab 1234⟧ creo
PPU ⟦plate:RT 5678⟧
La moto ⟦plate:BCD-12⟧ pasó dos veces
moto patente ⟦plate:BCD 12⟧
motocicleta ⟦plate:AB 123⟧ roja
Patente: ⟦plate:KLPR.56⟧
la patente era ⟦plate:DTWX71⟧, un Hyundai
Vehículo ⟦plate:ZZ 98·76⟧ abandonado
patente nueva ⟦plate:BCDFG-1⟧
Sin permiso, ⟦plate:FXYZ·22⟧, un año ahí
⟦address:Vive en pasaje Los Alerces 123⟧ y bota ahí
El que bota ⟦address:vive en la calle Los Olmos 456⟧
Los que hacen esto ⟦address:viven en el block 14⟧
⟦address:vive en la casa 23⟧ de la villa
⟦address:vive al lado de la plaza⟧, todos lo conocen
El señor ⟦address:vive frente al almacén Don Tito⟧
Es el que ⟦address:vive en la casa amarilla⟧ de la esquina
⟦address:Vivo en Los Aromos 100⟧ y veo todo
Ellos ⟦address:arriendan en pasaje Uno 55⟧
Su ⟦address:domicilio es Los Pinos 77⟧
⟦address:Domicilio: Avenida Siempre Viva 742⟧
La ⟦address:dirección particular: Los Olmos 12⟧
lo tira desde la ⟦address:casa de don Luis⟧
sale de la ⟦address:casa de mi vecino⟧ todos los días
es en la ⟦address:casa de la señora Rosa⟧
viene de la ⟦address:casa de Juan Pérez⟧
⟦address:viven en el departamento 302⟧ de la torre
Reside en otra comuna y viene a botar
He ⟦address:lives at 12 Main Street⟧ and dumps here
The man who ⟦address:lives in the house number 7⟧ did it
They ⟦address:live on Los Olmos Street 45⟧
It comes from ⟦address:my neighbour's house⟧
Rubbish from the ⟦address:house of the landlord⟧
Her ⟦address:address is 5 Oak Road⟧
call me at ⟦phone:+56 9 1234 5678⟧ please
write to ⟦email:anna@example.com⟧
the plate is ⟦plate:CDFG-45⟧
red car ⟦plate:JKLP 90⟧ left it
Patente ⟦plate:BBCL-34⟧ y teléfono ⟦phone:987654321⟧
RUT ⟦rut:12.345.678-5⟧, ⟦address:vive en Los Aromos 120⟧
Botaron unos 1.500.000 kilos de tierra
Cuesta $12.345.678 limpiar eso
Son 12.345.678 pesos de multa
La multa es de $ 1.234.567
Está desde el 30-09-2026 en la mañana
Vi esto el 20260930 a las 10
Entre las 10:30 y las 11:45 hrs
Pasa la micro 506e y la I09
Frente al paradero PI1234 de la micro
En el paradero de la D03 y la I01
Está en Los Aromos 1234
Al lado del número 456 de la avenida
Camino a Melipilla 9876, frente al servicentro
Avenida 5 de Abril con Avenida Pajaritos
La gente que vive en el sector tiene miedo
Aquí se vive en la inseguridad
Los vecinos que viven cerca reclaman
Hay una persona que vive en la calle
Vive en situación de calle
Los niños viven con miedo
Es un lugar donde vivimos tranquilos antes
La casa de la cultura está al frente
Frente a la casa de reposo
Al lado de la casa de estudios
Está botado a la salida de la villa
Residuos domiciliarios en bolsas negras
Servicio a domicilio estacionado ahí
Violencia en el domicilio no, es basura
Son unos 10 m3 de escombros
Hay 25 sacos de 40 kg cada uno
Tiene 3 metros por 2 metros
A 200 mts del colegio
km 12 de la ruta 78
La Ruta 68 y la Autopista 5 Sur
Llamé al 1418 y al 133 sin respuesta
Reclamo número 2026-00123 sin respuesta
Folio 456789 del año pasado
Cada año desde 2019 a 2026
La resolución 1234 de 2024
El decreto 594 lo prohíbe
Ley 21.123 sobre basura
AM 1030 y FM 95.7 pusieron avisos
Hay PM 2500 según el medidor
Un televisor TV 4000 viejo
Bolsas de 50 x 70
Tres neumáticos 205/55 R16
Botellas de 1,5 litros y latas de 350 cc
Son como 1000 personas afectadas
El poste número 987654
Poste 12345678 caído
Medidor 87654321 roto
Local 9, entre 9 y 10
A las 9 1234 no sé
Temperatura de 35 grados
Lote 12 manzana 5
El colegio D-271 está al lado
Liceo A-71 y la escuela F-123
Ramas de 2 a 3 metros, desde hace 2 semanas
Está en la esquina de la plaza Uno con Dos
Hay ratones y malos olores todos los días
Arrojan basura desde una camioneta roja
No pude anotar la patente
El teléfono público está roto
No tengo correo para avisar
The people who live in this area are afraid
Somebody lives on the street there
They want $2,500,000 to clean it
Since 12-05-2026 it grows
It is near 1250 Main Avenue
Bus 506 stops there
Una lavadora LG WD-1234 y un refrigerador
Un colchón, dos sillones y 4 neumáticos
Cajas con 100.000 colillas
El container CMAU 123456 7 lleva meses
Queda en la torre de alta tensión 45
"""
